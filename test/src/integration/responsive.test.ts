import { copyFileSync, rmSync, truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cpuSecondsOf, mainThreadSecondsOf } from '../bench/processCost.js';
import { median } from '../bench/statistics.js';
import { until } from '../harness/condition.js';
import { expectNothingLeft } from '../harness/expectations.js';
import { HAS_NATIVE } from '../harness/forced.js';
import { FrameNumber, type TappedFrame } from '../harness/frameTap.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { isTerminal } from '../harness/migrationView.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import type { RunningDaemon } from '../harness/runningDaemon.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 512 * MEBIBYTE;
const MOVES = 5;
/** engine.md section 6: what the 99th percentile of the event loop's delay stays below. */
const DELAY_LIMIT_MS = 20;
/** What a main thread may use of its agent's processor time; 0.09 to 0.13 were measured, most of it questions of this test. */
const MAIN_THREAD_SHARE = 0.25;
const QUESTION_EVERY_MS = 20;

/** How an agent was during a move. */
interface Burden {
  readonly mainThreadShare: number;
  /** 99th percentile of the event loop's delay. */
  readonly delayMs: number;
}

/** Reads the gauge of the event loop's delay, which tells of the time since it was read last. */
async function delayMsOf({ api }: RunningDaemon): Promise<number> {
  const seconds = /^godwit_event_loop_delay_p99_seconds(?:\{[^}]*\})? (\S+)/m.exec(await api.metrics())?.[1];
  return Number(seconds ?? Number.NaN) * 1000;
}

async function burdenDuring(agents: readonly RunningDaemon[], work: () => Promise<void>): Promise<Burden[]> {
  await Promise.all(agents.map(delayMsOf));
  const secondsOf = () => agents.map(({ pid }) => ({ all: cpuSecondsOf(pid), main: mainThreadSecondsOf(pid) }));
  const before = secondsOf();
  await work();
  const after = secondsOf();
  const delays = await Promise.all(agents.map(delayMsOf));
  return delays.map((delayMs, index) => {
    const all = (after[index]?.all ?? 0) - (before[index]?.all ?? 0);
    const main = (after[index]?.main ?? 0) - (before[index]?.main ?? 0);
    return { delayMs, mainThreadShare: main / all };
  });
}

/** Moves a copy of the file, with questions to both agents all the while; how many were answered before it ended. */
async function moveWithQuestions(source: RunningDaemon, destination: RunningDaemon, name: string): Promise<number> {
  const id = await source.api.startMigration({ images: [name], destination: destination.address });
  for (let answers = 0; ; answers++) {
    const view = await source.api.migration(id);
    expect((await destination.api.call('GET', '/readyz')).status).toBe(200);
    if (isTerminal(view.state)) {
      expect(view.state).toBe('completed');
      return answers;
    }
    await new Promise((resolve) => setTimeout(resolve, QUESTION_EVERY_MS));
  }
}

/** Gives the memory back. */
function forget(path: string, arrived: string): void {
  rmSync(path);
  truncateSync(arrived, 0);
}

async function burdensOf(stage: Stage): Promise<Burden[][]> {
  const original = stage.path('original');
  makeRandomImage(original, SIZE_BYTES);
  const { source, destination, path } = await pairOf(stage, (file) => copyFileSync(original, file));
  // What threads compile in their first move is no load that lasts.
  await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
  forget(path, destination.imagePath(DISK));
  const burdens: Burden[][] = [];
  for (let move = 1; move <= MOVES; move++) {
    const name = `move-${move}`;
    const copy = stage.path(name);
    copyFileSync(original, copy);
    await source.api.openImage(name, copy);
    const work = async (): Promise<void> => {
      expect(await moveWithQuestions(source, destination, name)).toBeGreaterThan(0);
    };
    burdens.push(await burdenDuring([source, destination], work));
    await source.api.closeImage(name);
    forget(copy, destination.imagePath(name));
  }
  return burdens;
}

describe('while lanes work as fast as they can', () => {
  // Without koffi the lanes of a destination are in its main thread (LIMITS.md).
  it.runIf(HAS_NATIVE)('the main threads have little to do and answer', async () => {
    const burdens = await burdensOf(stageForTest());
    for (const end of [0, 1]) {
      const here = burdens.flatMap((move) => move[end] ?? []);
      expect(median(here.map(({ mainThreadShare }) => mainThreadShare))).toBeLessThan(MAIN_THREAD_SHARE);
      // The least of several moves: what else runs on the machine only ever adds.
      expect(Math.min(...here.map(({ delayMs }) => delayMs))).toBeLessThan(DELAY_LIMIT_MS);
    }
  });
});

describe('while no lane gets a byte through', () => {
  it('both agents hear each other, and the destination of a cancellation', async () => {
    const stage = stageForTest();
    // Lanes are patient three times as long.
    const patience = { args: ['--peer-timeout', '6s'] };
    const make = (file: string): void => makeRandomImage(file, 64 * MEBIBYTE);
    const { source, destination } = await pairOf(stage, make, { source: patience, destination: patience });
    const heard = { toDestination: 0, toSource: 0 };
    const watch = ({ direction, type, connection }: TappedFrame): 'pass' => {
      if (type === FrameNumber.Heartbeat && connection === 0) heard[direction] += 1;
      return 'pass';
    };
    const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0, watch });
    const id = await source.api.startMigration({ images: [DISK], destination: proxy.address });
    await until('data to be under way', () => proxy.passedBytes.toDestination > MEBIBYTE);
    proxy.stall((connection) => connection > 0);
    Object.assign(heard, { toDestination: 0, toSource: 0 });
    await until('heartbeats to have passed', () => Math.min(heard.toDestination, heard.toSource) >= 10);
    expect((await source.api.migration(id)).state).toBe('active');
    await source.api.cancel(id);
    await untilState(source.api, id, 'cancelled');
    await expectNothingLeft(destination);
    const views = await destination.api.migrations();
    expect(views.map(({ state }) => state)).toEqual(['cancelled']);
  });
});
