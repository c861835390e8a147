import { stat } from 'node:fs/promises';
import type { MigrationView } from '@godwit/agent';
import { formatBytes, formatDuration } from '../display/quantities.js';
import { counted } from '../display/words.js';
import type { ImageWriter } from './imageWriter.js';
import { hashExcluding, mergeRanges, replayAgainst } from './oracle.js';

/** One thing that was to be proven, and whether it was. */
export interface Finding {
  readonly proven: boolean;
  readonly text: string;
}

/** The pause as the writers felt it, against how long their writes take otherwise. */
export interface FeltPause {
  /** The longest single write that crossed from the source to the destination. */
  readonly pauseMs: number;
  /** Of it, the wait until the source said that the image had moved. */
  readonly atSourceMs: number;
  readonly medianMs: number;
}

/** What the writers' own clocks say. */
export function feltPause(writers: readonly ImageWriter[]): FeltPause {
  const sorted = writers.flatMap((writer) => writer.latenciesMs).sort((left, right) => left - right);
  let longest = { totalMs: 0, atSourceMs: 0 };
  for (const { crossing } of writers)
    if (crossing !== undefined && crossing.totalMs > longest.totalMs) longest = crossing;
  const medianMs = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return { pauseMs: longest.totalMs, atSourceMs: longest.atSourceMs, medianMs };
}

/** `43ms as ...`, with where it was spent. */
export function pauseInWords({ pauseMs, atSourceMs, medianMs }: FeltPause): string {
  const parts = `${formatDuration(atSourceMs)} until the source said where to go, ${formatDuration(pauseMs - atSourceMs)} at the destination`;
  return `${formatDuration(pauseMs)} as the writers felt it: ${parts}; their median write takes ${medianMs.toFixed(1)}ms`;
}

/** Proof 1: every acknowledged write is in the destination's file. */
export async function findWrites(writers: readonly ImageWriter[], destinationImage: string): Promise<Finding> {
  const records = writers.flatMap((writer) => writer.records);
  const replay = await replayAgainst(destinationImage, records);
  const after = records.filter((record) => record.afterSwitch).length;
  const what = `${counted(replay.writes, 'acknowledged write')}, ${after} of them after the move`;
  if (replay.firstDifference !== undefined) {
    return {
      proven: false,
      text: `${what}: the destination differs from the replay at byte ${replay.firstDifference}`,
    };
  }
  return { proven: true, text: `${what}: all there (${formatBytes(replay.bytesCompared)} compared with a replay)` };
}

/**
 * Proof 2: both files were equal when the image changed hands. The source's file is sealed since then;
 * what was written at the destination afterwards reads as zeros on both sides, and is proof 1's.
 */
export async function findEqual(
  writers: readonly ImageWriter[],
  source: string,
  destination: string,
): Promise<Finding> {
  const [sourceSize, destinationSize] = [(await stat(source)).size, (await stat(destination)).size];
  if (sourceSize !== destinationSize) {
    return { proven: false, text: `the files differ in size: ${sourceSize} and ${destinationSize} bytes` };
  }
  const later = mergeRanges(writers.flatMap((writer) => writer.records.filter((record) => record.afterSwitch)));
  const laterBytes = later.reduce((sum, range) => sum + range.length, 0);
  const [ours, theirs] = [await hashExcluding(source, later), await hashExcluding(destination, later)];
  const except = `${formatBytes(sourceSize)} hashed on both sides, less ${formatBytes(laterBytes)} written since`;
  if (ours !== theirs)
    return { proven: false, text: `sha256 differs: ${ours.slice(0, 16)} and ${theirs.slice(0, 16)} (${except})` };
  return { proven: true, text: `sha256 ${ours.slice(0, 16)}... equal at the instant of the switch (${except})` };
}

/** Proof 3: each writer was moved, wrote at the destination, and the migration says it is done. */
export function findMoved(writers: readonly ImageWriter[], view: MigrationView): Finding {
  const stayed = writers.filter((writer) => !writer.records.some((record) => record.afterSwitch)).length;
  if (view.state !== 'completed') return { proven: false, text: `the migration is ${view.state}, not completed` };
  if (stayed > 0) return { proven: false, text: `${counted(stayed, 'writer')} never wrote at the destination` };
  return { proven: true, text: `${counted(writers.length, 'writer')} followed the image and went on writing there` };
}

/** `godwit demo`'s last line. */
export function verdictLine(findings: readonly Finding[], pause: FeltPause): string {
  const failed = findings.find((finding) => !finding.proven);
  if (failed !== undefined) return `VERDICT: FAILED - ${failed.text}`;
  return `VERDICT: PROVEN - moved live, no write lost, both files equal at the switch; writers waited ${formatDuration(pause.pauseMs)}`;
}
