import type { RoundRecord } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import { ControlChannel } from '@godwit/transport';
import { expect, it } from 'vitest';
import { isSettled } from '../testing/settled.js';
import { sprint, writeBack } from './sprint.js';

/** Finds so many bytes dirty, one number after the other; the last stays. */
function rounds(...dirty: number[]) {
  let done = 0;
  const meter = { dirtyBytes: () => dirty[Math.min(done, dirty.length - 1)] ?? 0 };
  const proveRound = async () => {
    done += 1;
    return record(done);
  };
  return { meter, passes: { proveRound }, done: () => done };
}

function record(round: number): RoundRecord {
  return { round, blocks: 1, bytes: 1, zeroBytes: 0, wireBytes: 1, durationMs: 1, dirtiedBytes: 0, mbps: 1 };
}

it.for([
  ['nothing is dirty', [0], 0],
  ['nothing is left', [100, 0], 1],
  ['a round does not leave less by much', [100, 80, 10], 1],
  ['each leaves half, but four are enough', [1600, 800, 400, 200, 100, 50], 4],
] as const)('ends when %s', async ([, dirty, expected]) => {
  const { meter, passes, done } = rounds(...dirty);
  const records = await sprint(passes, meter);
  expect([records.length, done()]).toEqual([expected, expected]);
});

it('is written back when the destination says so, or there is nobody any more to say it', async () => {
  const channel = new ControlChannel(10_000);
  const written = writeBack(channel, record(3));
  expect(await isSettled(written)).toBe(false);
  channel.receive({ type: 'RoundSynced', header: { round: 3, durationMs: 1 }, payload: Buffer.alloc(0) });
  await written;
  const lost = writeBack(channel, record(4));
  channel.finish(new GodwitError('E_PEER_LOST', { silentMs: 1 }));
  await lost;
});
