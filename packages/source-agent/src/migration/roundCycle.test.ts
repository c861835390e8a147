import type { RoundRecord } from '@godwit/agent';
import { ControlChannel } from '@godwit/transport';
import { expect, it, vi } from 'vitest';
import { roundCycle } from './roundCycle.js';

const MEGABYTE = 1e6;

interface Setting {
  readonly roundsDone?: number;
  readonly checkBytesPerSec?: number | undefined;
  readonly rawBytesPerSec?: number | undefined;
  /** Before the round, and after its scrub. */
  readonly dirtyBytes?: readonly [number, number];
  readonly scrubLimit?: number;
}

/** A round over a wire of 25 MB/s where reading back takes a twentieth, short, unless told otherwise. */
async function cycle(setting: Setting) {
  const { roundsDone = 3, dirtyBytes = [MEGABYTE, MEGABYTE], scrubLimit } = setting;
  const steps: string[] = [];
  const step = async <T>(name: string, result: T): Promise<T> => {
    steps.push(name);
    return result;
  };
  const record: RoundRecord = {
    round: 4,
    blocks: 1,
    bytes: 1,
    zeroBytes: 0,
    wireBytes: 1,
    durationMs: 1,
    dirtiedBytes: 4711,
    mbps: 1,
  };
  const channel = new ControlChannel(10_000);
  vi.spyOn(channel, 'ping').mockImplementation(() => {
    steps.push('ping');
    const synced = { type: 'RoundSynced', header: { round: 4, durationMs: 7 }, payload: Buffer.alloc(0) } as const;
    setImmediate(() => channel.receive(synced));
  });
  const result = await roundCycle({
    passes: {
      sendRound: () => step('send', record),
      proveRound: () => step('prove', record),
      scrub: () => step('scrub', 0),
    },
    link: { channel },
    meter: {
      phase: '',
      roundsDone,
      checkBytesPerSec: 'checkBytesPerSec' in setting ? setting.checkBytesPerSec : 500 * MEGABYTE,
      rawBytesPerSec: () => ('rawBytesPerSec' in setting ? setting.rawBytesPerSec : 25 * MEGABYTE),
      dirtyBytes: () => (steps.includes('scrub') ? dirtyBytes[1] : dirtyBytes[0]),
    },
    announcer: { round: () => void steps.push('told') },
    convergence: { synced: (ms: number) => void steps.push(`synced in ${ms}`) },
    request: scrubLimit === undefined ? {} : { scrubLimit },
    choice: undefined,
    guard: (work) => work,
  });
  return { steps, result };
}

it('tells of a round and pings before it waits for the disk, and scrubs last', async () => {
  const { steps } = await cycle({});
  expect(steps).toEqual(['prove', 'told', 'ping', 'synced in 7', 'scrub']);
});

it.for<[string, Setting, 'prove' | 'send']>([
  ['a short one over a slow wire', {}, 'prove'],
  ['one of 249 ms', { dirtyBytes: [6.2 * MEGABYTE, 0] }, 'prove'],
  ['one of 251 ms', { dirtyBytes: [6.3 * MEGABYTE, 0] }, 'send'],
  ['where reading back is three times as fast as the wire', { checkBytesPerSec: 75 * MEGABYTE }, 'prove'],
  ['where it is not quite', { checkBytesPerSec: 74 * MEGABYTE }, 'send'],
  ['before anything was checked', { checkBytesPerSec: undefined }, 'send'],
  ['before anything was sent', { rawBytesPerSec: undefined }, 'send'],
  ['where reading back keeps to a rate', { scrubLimit: 1e12 }, 'send'],
  ['the first', { roundsDone: 0 }, 'send'],
  ['each eighth', { roundsDone: 16 }, 'send'],
  ['the one after it', { roundsDone: 17 }, 'prove'],
])('%s is checked as it should be', async ([, setting, expected]) => {
  expect((await cycle(setting)).steps[0]).toBe(expected);
});

it.for<[string, Setting, number | undefined]>([
  ['what it left, when the next is short as well', {}, 4711],
  [
    'what is dirty now, when so much was written since that the next is not',
    { dirtyBytes: [1, 7 * MEGABYTE] },
    undefined,
  ],
  ['what is dirty now, when it was no short round', { roundsDone: 8 }, undefined],
])('a freeze would find %s', async ([, setting, expected]) => {
  expect((await cycle(setting)).result).toBe(expected);
});
