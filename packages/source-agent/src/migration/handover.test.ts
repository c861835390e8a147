import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createLogger,
  type OwnerRecord,
  OwnershipStore,
  type RoundRecord,
  type SourceHandover,
  sourceHandover,
} from '@godwit/agent';
import { GateState, LiveImage } from '@godwit/image';
import { ControlChannel } from '@godwit/transport';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type HandoverParts, handOver } from './handover.js';
import { MigrationMeter } from './meter.js';

const BLOCK = 65_536;
const ROUND: RoundRecord = {
  round: 2,
  blocks: 1,
  bytes: BLOCK,
  zeroBytes: 0,
  wireBytes: BLOCK,
  durationMs: 1,
  dirtiedBytes: 0,
  mbps: 1,
};

let folder: string;
let image: LiveImage;
let ownership: OwnershipStore;
let channel: ControlChannel;
let handover: SourceHandover;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-handover-'));
  const path = join(folder, 'vm.img');
  writeFileSync(path, Buffer.alloc(4 * BLOCK));
  image = LiveImage.open({ name: 'vm', path, kind: 'disk', blockBytes: BLOCK });
  ownership = await OwnershipStore.open(join(folder, 'state'));
  const where = { migration: '', location: '', peer: '', file: '', offeredBy: '' };
  const owner: OwnerRecord = {
    name: 'vm',
    path,
    role: 'owner',
    epoch: 1,
    fence: 1,
    kind: 'disk',
    blockBytes: BLOCK,
    ...where,
  };
  await ownership.update([owner]);
  channel = new ControlChannel(10_000);
  handover = sourceHandover('travelling');
});
afterEach(async () => {
  channel.close();
  await image.close();
  await ownership.close();
  rmSync(folder, { recursive: true });
});

function parts(changes: Partial<HandoverParts>): HandoverParts {
  return {
    id: 'm1',
    images: [image],
    link: { channel, imagesUrl: 'http://there:1/v1/images/' },
    passes: { proveRound: async () => ROUND, check: async () => 0 },
    meter: new MigrationMeter([image.maps], 'full'),
    ownership,
    peer: 'there:1',
    verify: 'full',
    logger: createLogger('silent'),
    guard: (work) => work,
    stillWorthIt: () => true,
    patienceMs: undefined,
    peerTimeoutMs: 10_000,
    untilShutdown: (work) => work,
    announce: () => undefined,
    onFrozen: () => undefined,
    assertGoingOn: () => undefined,
    handover,
    ...changes,
  };
}

it('is given up when sending in the pause takes longer than may be, and no other pass follows', async () => {
  await image.markDirty(0, 1);
  const calls: string[] = [];
  let finish: (record: RoundRecord) => void = () => undefined;
  const passes = {
    proveRound: () => {
      calls.push('send');
      return new Promise<RoundRecord>((resolve) => (finish = resolve));
    },
    check: async () => calls.push('check'),
  };
  expect(await handOver(parts({ passes, patienceMs: 20 }))).toBe(false);
  finish(ROUND);
  await new Promise((resolve) => setImmediate(resolve));
  expect(calls).toEqual(['send']);
  expect([handover.phase, ownership.get('vm')?.role]).toEqual(['travelling', 'owner']);
});

it('is given up before anything is sent when the freeze finds too much', async () => {
  const passes = {
    proveRound: () => Promise.reject(new Error('sent')),
    check: () => Promise.reject(new Error('checked')),
  };
  await image.markDirty(0, 1);
  expect(await handOver(parts({ passes, stillWorthIt: () => false }))).toBe(false);
  expect(handover.phase).toBe('travelling');
});

it('fails before the seal when the destination does not prepare in time', async () => {
  await expect(handOver(parts({ peerTimeoutMs: 20 }))).rejects.toMatchObject({ code: 'E_PEER_LOST' });
  expect([handover.phase, ownership.get('vm')?.role]).toEqual(['preparing', 'owner']);
});

it('seals on disk before COMMIT, tells writers only after TAKEN', async () => {
  const seen: string[] = [];
  const moving = handOver(parts({ assertGoingOn: () => seen.push(`before: ${ownership.get('vm')?.role}`) }));
  await image.maps.gate.drained();
  await until(() => channel.expects('Prepared'));
  channel.receive({ type: 'Prepared', header: { durationMs: 1 }, payload: Buffer.alloc(0) });
  await until(() => channel.expects('Taken'));
  seen.push(
    `commit: ${ownership.get('vm')?.role}, gate ${image.maps.gate.state === GateState.sealed ? 'sealed' : 'not sealed'}`,
  );
  channel.receive({ type: 'Taken', header: { durationMs: 1, epochs: [2] }, payload: Buffer.alloc(0) });
  expect(await moving).toBe(true);
  expect(seen).toEqual(['before: owner', 'commit: sealed, gate sealed']);
  expect(ownership.get('vm')).toMatchObject({ role: 'released', location: 'http://there:1/v1/images/vm' });
  await expect(image.write(0, Buffer.alloc(1))).rejects.toMatchObject({ code: 'E_MOVED' });
});

it('tells writers as soon as the destination owns, whether or not RELEASED can be written', async () => {
  const moving = handOver(parts({}));
  await until(() => channel.expects('Prepared'));
  channel.receive({ type: 'Prepared', header: { durationMs: 1 }, payload: Buffer.alloc(0) });
  await until(() => channel.expects('Taken'));
  const states: number[] = [];
  vi.spyOn(ownership, 'update').mockImplementation(() => {
    states.push(image.maps.gate.state);
    return Promise.reject(new Error('disk full'));
  });
  channel.receive({ type: 'Taken', header: { durationMs: 1, epochs: [2] }, payload: Buffer.alloc(0) });
  expect(await moving).toBe(true);
  expect(states).toEqual([GateState.moved]);
  expect([image.location, ownership.get('vm')?.role]).toEqual(['http://there:1/v1/images/vm', 'sealed']);
});

it('lets nobody read from before SEALED is written, and again when it could not be', async () => {
  const states: number[] = [];
  vi.spyOn(ownership, 'update').mockImplementation(() => {
    states.push(image.maps.gate.state);
    return Promise.reject(new Error('disk full'));
  });
  for (const before of [GateState.closed, GateState.refusing]) {
    if (before === GateState.refusing) image.maps.gate.refuse();
    const moving = expect(handOver(parts({ handover: sourceHandover('travelling') }))).rejects.toThrow('disk full');
    await until(() => channel.expects('Prepared'));
    channel.receive({ type: 'Prepared', header: { durationMs: 1 }, payload: Buffer.alloc(0) });
    await moving;
    expect(states.pop()).toBe(GateState.sealed);
    expect(image.maps.gate.state).toBe(before);
    expect(await image.read(0, 1)).toEqual(Buffer.alloc(1));
  }
});

/** Lets the loop turn until something holds; the test's own limit ends it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
