import { readFileSync, truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { expectOwnedBy, expectSoundCompletion } from '../harness/expectations.js';
import { keepCopy, makeMixedImage } from '../harness/imageFiles.js';
import type { MigrationView } from '../harness/migrationView.js';
import { untilState } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { allocatedBytesOf } from '../harness/sparseFile.js';
import type { TcpProxy } from '../harness/tcpProxy.js';
import { stageForTest } from '../harness/testStage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';
import type { WriterOracle } from '../oracle/writerOracle.js';

const MEBIBYTE = 1024 * 1024;
/** Of these 24 regions more hold data than there are lanes: each lane finds one. */
const DATA_BYTES = 24 * MEBIBYTE;
const HOLE_BYTES = 8 * MEBIBYTE;
const SIZE_BYTES = DATA_BYTES + HOLE_BYTES;
/** So slow that no lane has sent everything before the others begin; the switch does not wait for a quiet machine. */
const EASY = { bandwidthLimit: 20e6, downtimeLimitMs: 5000 };

/** Sixteen lanes on two processors are no lost peer. */
const PATIENT = ['--peer-timeout', '10s'];

const DATA_FRAME_BYTES = 64 * 1024;

interface Way {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly hasNative: boolean;
  readonly hasHoles: boolean;
}

/** Each says both variables: the whole run may stand under one of them. */
const WAYS: readonly Way[] = [
  { name: 'with all system calls', env: envOf('', ''), hasNative: true, hasHoles: true },
  { name: 'without koffi', env: envOf('1', ''), hasNative: false, hasHoles: false },
  { name: 'without holes', env: envOf('', '1'), hasNative: true, hasHoles: false },
];

/** What befalls the connections while data is under way. */
type Trouble = 'nothing' | 'a cut' | 'silence';
const TROUBLES: readonly (readonly [lanes: number, Trouble])[] = [
  [1, 'a cut'],
  [2, 'nothing'],
  [4, 'silence'],
  [8, 'a cut'],
];

function envOf(noNative: string, noHoles: string): Readonly<Record<string, string>> {
  return { GODWIT_NO_NATIVE: noNative, GODWIT_NO_HOLES: noHoles };
}

/** Silence that is shorter than a peer's patience; writers go on in it. */
async function silence(proxy: TcpProxy, oracle: WriterOracle): Promise<void> {
  proxy.stall();
  await oracle.acknowledged(20);
  proxy.resume();
}

/** One connection for control and one for each lane that was asked for; every lane has carried data. */
function expectLanes(proxy: TcpProxy, lanes: number, connectionsBefore: number): void {
  const carried = proxy.carriedBytes.slice(connectionsBefore);
  expect(carried.length).toBe(1 + lanes);
  // What is no data is small: greetings, checks and the sequence of the handover.
  expect(carried.filter((bytes) => bytes > DATA_FRAME_BYTES).length).toBe(lanes);
}

/** The destination's file and the source's first round are as they are where holes are known, or are not. */
function expectHoles(hasHoles: boolean, view: MigrationView, arrived: string): void {
  const [first, allocated] = [view.rounds[0]?.bytes ?? 0, allocatedBytesOf(arrived)];
  if (hasHoles) {
    expect(first).toBeLessThanOrEqual(DATA_BYTES);
    expect(allocated).toBeLessThanOrEqual(DATA_BYTES);
  } else {
    expect(first).toBeGreaterThanOrEqual(SIZE_BYTES);
    expect(allocated).toBeGreaterThanOrEqual(SIZE_BYTES);
  }
}

describe.each(WAYS)('a move under writers, $name', ({ env, hasNative, hasHoles }) => {
  it.each(TROUBLES)('%i lanes, %s', async (lanes, trouble) => {
    const stage = stageForTest();
    const make = (file: string): void => {
      makeMixedImage(file, DATA_BYTES, lanes);
      truncateSync(file, SIZE_BYTES);
    };
    const { source, destination, path } = await pairOf(stage, make, {
      source: { env, args: PATIENT },
      destination: { env, args: PATIENT },
    });
    for (const { pid } of [source, destination]) {
      expect(readFileSync(`/proc/${pid}/maps`, 'utf8').includes('koffi.node')).toBe(hasNative);
    }
    const initial = keepCopy(path, stage.path('initial'));
    const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0 });
    const oracle = stage.writers({
      seed: lanes,
      url: source.api.imageUrl(DISK),
      sizeBytes: SIZE_BYTES,
      workingSetBytes: DATA_BYTES,
      rateBytesPerSec: 1e6,
      zeroShare: 0.05,
      discardShare: 0.05,
    });
    oracle.start();
    await oracle.acknowledged(20);
    const request = { images: [DISK], destination: proxy.address, lanes, ...EASY };
    let connectionsBefore = 0;
    let id = await source.api.startMigration(request);
    await until('data to be under way', () => proxy.passedBytes.toDestination > MEBIBYTE);
    if (trouble === 'silence') await silence(proxy, oracle);
    if (trouble === 'a cut') {
      proxy.cut();
      await untilState(source.api, id, 'failed');
      connectionsBefore = proxy.connections;
      id = await source.api.startMigration(request);
    }
    const view = await untilState(source.api, id, 'completed');
    await oracle.followed();
    await oracle.acknowledged(20);
    await oracle.stop();

    expectSoundCompletion(view);
    expect(view.verified).toMatchObject({ mode: 'full', mismatches: 0, bytes: SIZE_BYTES });
    expectLanes(proxy, lanes, connectionsBefore);
    expectHoles(hasHoles, view, destination.imagePath(DISK));
    await expectOwnedBy(destination, source);
    assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(destination.imagePath(DISK))));
  });
});
