import type { ImageView, MigrationState, MigrationView, Progress, RoundRecord } from '@godwit/agent';

/**
 * Checks what an agent answered before it is believed. Written by hand, for the schemas of the agent
 * package come with fastify and `godwit status` should not wait for that. Fields that are not known are
 * kept, so `--json` shows what a newer agent says.
 */
export function isMigrationView(value: unknown): value is MigrationView {
  return (
    isRecord(value) &&
    typeof value['id'] === 'string' &&
    (value['role'] === 'source' || value['role'] === 'destination') &&
    Array.isArray(value['images']) &&
    value['images'].every((name) => typeof name === 'string') &&
    isState(value['state']) &&
    typeof value['mode'] === 'string' &&
    typeof value['verify'] === 'string' &&
    typeof value['startedAt'] === 'string' &&
    (value['endedAt'] === undefined || typeof value['endedAt'] === 'string') &&
    (value['error'] === undefined || hasStrings(value['error'], ['code', 'message'])) &&
    isProgress(value['progress']) &&
    Array.isArray(value['rounds']) &&
    value['rounds'].every(isRoundRecord) &&
    (value['downtime'] === undefined || hasNumbers(value['downtime'], DOWNTIME_NUMBERS)) &&
    (value['verified'] === undefined || hasNumbers(value['verified'], ['blocks', 'bytes', 'mismatches', 'reRead']))
  );
}

/** True for the answer to a start. */
export function isStarted(value: unknown): value is { readonly id: string } {
  return hasStrings(value, ['id']);
}

/** True for a list of migrations as GET /v1/migrations gives it. */
export function isMigrationList(value: unknown): value is MigrationView[] {
  return Array.isArray(value) && value.every(isMigrationView);
}

/** True for the data of a `progress` event. */
export function isProgress(value: unknown): value is Progress {
  return (
    hasNumbers(value, PROGRESS_NUMBERS) &&
    typeof value['phase'] === 'string' &&
    (value['scrub'] === undefined || hasNumbers(value['scrub'], ['checkedBytes', 'totalBytes', 'bytesPerSec'])) &&
    isNumberOrNull(value['etaMs']) &&
    isNumberOrNull(value['expectedDowntimeMs'])
  );
}

/** True for the data of a `round` event. */
export function isRoundRecord(value: unknown): value is RoundRecord {
  return hasNumbers(value, ROUND_NUMBERS);
}

/** True for a list of images as GET /v1/images gives it. */
export function isImageList(value: unknown): value is ImageView[] {
  return Array.isArray(value) && value.every(isImageView);
}

function isImageView(value: unknown): value is ImageView {
  return (
    hasNumbers(value, ['size', 'blockSize', 'allocatedBytes', 'dirtyBlocks']) &&
    hasStrings(value, ['name', 'kind']) &&
    hasStrings(value['owner'], ['role']) &&
    hasNumbers(value['owner'], ['epoch'])
  );
}

const PROGRESS_NUMBERS = [
  'total',
  'transferred',
  'remaining',
  'duplicate',
  'normal',
  'wireBytes',
  'resent',
  'percent',
  'mbps',
  'dirtyBytesPerSec',
];
const ROUND_NUMBERS = ['round', 'blocks', 'bytes', 'zeroBytes', 'wireBytes', 'durationMs', 'dirtiedBytes', 'mbps'];
const DOWNTIME_NUMBERS = ['totalMs', 'drainMs', 'finalRoundMs', 'verifyMs', 'persistMs', 'takeoverMs'];

/** A record for each state, so that a state added to the contract does not compile until it is here. */
const STATES: Readonly<Record<MigrationState, true>> = {
  setup: true,
  active: true,
  'pre-switchover': true,
  switchover: true,
  completed: true,
  cancelling: true,
  cancelled: true,
  failed: true,
  paused: true,
  'outcome-unknown': true,
};

function isState(value: unknown): value is MigrationState {
  return typeof value === 'string' && Object.hasOwn(STATES, value);
}

/** True for an object that is no array; its fields are still unknown. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasNumbers(value: unknown, names: readonly string[]): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && names.every((name) => typeof value[name] === 'number');
}

export function hasStrings<Name extends string>(
  value: unknown,
  names: readonly Name[],
): value is Readonly<Record<string, unknown>> & Readonly<Record<Name, string>> {
  return isRecord(value) && names.every((name) => typeof value[name] === 'string');
}

function isNumberOrNull(value: unknown): boolean {
  return value === null || typeof value === 'number';
}
