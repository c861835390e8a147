import { makeRandomImage } from '../harness/imageFiles.js';
import { Stage } from '../harness/stage.js';
import { LOADS } from './nbdComparison.js';
import { alternately, type CostedRun, middle, pairedRatio, type ServerRuns } from './nbdRounds.js';
import { trackingServer } from './nbdServers.js';
import { table } from './statistics.js';

const IMAGE_BYTES = 1024 ** 3;
/** What tracking may cost, of IOPS and of processor time. */
const GOAL_PERCENT = 5;

/** Prints what gate and map cost writers; answers every run. */
export async function reportTracking(runs: number, seconds: number, say: (line: string) => void): Promise<object> {
  const stage = new Stage();
  try {
    // One file for both: where its pages lie in memory makes more difference than what is measured.
    const file = stage.path('disk.raw');
    makeRandomImage(file, IMAGE_BYTES);
    const servers = [await trackingServer(stage, file, true), await trackingServer(stage, file, false)];
    const results: Record<string, readonly ServerRuns[]> = {};
    const rows: (string | number)[][] = [['', 'tracked', 'untracked', 'slower by %', 'CPU s', 'CPU s', 'more by %']];
    for (const load of LOADS.filter(({ rw }) => rw.endsWith('write'))) {
      const job = { rw: load.rw, blockBytes: load.blockBytes, spanBytes: IMAGE_BYTES, seconds };
      const [tracked, untracked] = await alternately(stage, servers, job, runs);
      if (tracked === undefined || untracked === undefined) throw new Error('two servers were measured');
      results[load.name] = [tracked, untracked];
      rows.push(rowOf(load.name, tracked, untracked));
    }
    say(
      `\ncost of tracking, at most ${GOAL_PERCENT}%: IOPS and CPU seconds per 100k requests, median of ${runs} pairs`,
    );
    say(table(rows));
    return results;
  } finally {
    await stage.close();
  }
}

function rowOf(name: string, tracked: ServerRuns, untracked: ServerRuns): (string | number)[] {
  const speed = (run: CostedRun): number => run.requestsPerSec;
  const cpu = (run: CostedRun): number => run.cpuSecondsPer100kRequests;
  return [
    name,
    middle(tracked, speed),
    middle(untracked, speed),
    (1 - pairedRatio(tracked, untracked, speed)) * 100,
    middle(tracked, cpu),
    middle(untracked, cpu),
    (pairedRatio(tracked, untracked, cpu) - 1) * 100,
  ];
}
