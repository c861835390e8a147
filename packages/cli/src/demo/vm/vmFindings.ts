import { existsSync } from 'node:fs';
import type { Downtime } from '@godwit/agent';
import { type ConsoleLog, type RecordsVerdict, scanRunningOracle } from '@godwit/guest';
import { formatDuration } from '../../display/quantities.js';
import type { Finding } from '../findings.js';

/** How far the guest was, by its own words. */
export interface Progress {
  readonly tick: number;
  readonly record: number;
  readonly passes: number;
}

/** A pause from three sides. */
export interface Pause {
  /** From the freeze to the takeover. */
  readonly engineMs: number;
  /** The longest between two of the guest's own time stamps. */
  readonly guestMs: number;
  /** The longest time between two of its lines, by the clock of who reads them. */
  readonly consoleMs: number;
  /** The longest time in which no echo came back; a new connection had to be made in it. */
  readonly echoMs: number;
}

export function progressOf({ lastTick, diskSeq, oracle }: ConsoleLog): Progress {
  return { tick: lastTick?.seq ?? 0, record: diskSeq, passes: oracle?.passes ?? 0 };
}

export function engineMs({ totalMs, onFreezeMs = 0 }: Downtime): number {
  return totalMs + onFreezeMs;
}

/** A line for each view. */
export function pauseLines({ engineMs: engine, guestMs, consoleMs, echoMs }: Pause, tickMs: number): string[] {
  const [whole, felt, silent, echo] = [engine, guestMs, consoleMs, echoMs].map(formatDuration);
  return [
    `pause     ${whole} as the engine reports it, from the freeze to the takeover`,
    `          ${felt} as the guest felt it: the largest gap in its own time stamps, of which it makes one each ${tickMs}ms; its clock stands while it does, and its memory is slow when first touched at the new host`,
    `          ${silent} from outside: the longest silence on its console; and ${echo} without an echo over TCP, for a port that is forwarded is another one there, and has to be connected to anew`,
  ];
}

/** The same boot, and a counter that has not lost or repeated a number. */
export function findContinuity({ bootIds, ticks }: Pick<ConsoleLog, 'bootIds' | 'ticks'>, before: Progress): Finding {
  if (bootIds.length !== 1) return { proven: false, text: `the guest was booted ${bootIds.length} times` };
  const wrong = ticks.findIndex(({ seq }, index) => index > 0 && seq !== (ticks[index - 1]?.seq ?? 0) + 1);
  if (wrong !== -1) {
    const [one, other] = [ticks[wrong - 1]?.seq, ticks[wrong]?.seq];
    return { proven: false, text: `the counter went from ${one ?? 0} to ${other ?? 0}` };
  }
  const last = ticks.at(-1)?.seq ?? 0;
  const id = bootIds[0] ?? '';
  return {
    proven: last > before.tick,
    text: `same boot id ${id.slice(0, 8)}...; the counter went on from ${before.tick} to ${last}, no number lost or told twice`,
  };
}

/** The guest's own verdict of its memory, and that of the image into which the agent has its pages written back. */
export function findMemory({ oracle }: Pick<ConsoleLog, 'oracle'>, image: string, before: Progress): Finding {
  if (oracle === undefined || oracle.verdict !== 'ok') {
    return { proven: false, text: `the guest says of its memory: ${oracle?.verdict ?? 'nothing'}` };
  }
  // One pass may have been begun that the last line does not tell yet, and one goes on while this reads.
  const findings = scanRunningOracle(image, { from: before.passes, to: oracle.passes + 2 });
  const [first] = findings;
  if (first !== undefined) return { proven: false, text: `the memory's image: ${first}` };
  return {
    proven: true,
    text: `memory: 16384 pages, each in its place and none older than the move, in the image at the new host and by the guest's own checks`,
  };
}

/** What the source has let go of. */
export function findGone(host: string, pid: number, ramImage: string): Finding {
  if (isRunning(pid)) return { proven: false, text: `QEMU process ${pid} on host ${host} is still there` };
  if (existsSync(ramImage)) return { proven: false, text: `${ramImage} is still there` };
  return {
    proven: true,
    text: `host ${host} has let go: its QEMU (process ${pid}) is gone, and the file with its memory`,
  };
}

/** Every record whose number the guest has told after its fsync. */
export function findRecords({ findings, lastSeq }: RecordsVerdict, told: number): Finding {
  const [first] = findings;
  if (first !== undefined) return { proven: false, text: `the disk: ${first}` };
  if (lastSeq < told)
    return { proven: false, text: `record ${told} was told to be on the disk, and ${lastSeq} is the last` };
  return {
    proven: true,
    text: `disk: all ${told} records that the guest had synced are there, each with its checksum; file system clean`,
  };
}

/** The last line of `godwit vm demo`. */
export function vmVerdictLine(findings: readonly Finding[], pauses: readonly Pause[]): string {
  const failed = findings.find(({ proven }) => !proven);
  if (failed !== undefined) return `VERDICT: FAILED - ${failed.text}`;
  const engine = pauses.map((pause) => formatDuration(pause.engineMs)).join(' and ');
  return `VERDICT: PROVEN - a running machine moved there and back; nothing lost in memory or on disk; it stood still for ${engine}`;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
