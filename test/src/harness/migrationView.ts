import { hasFields } from './jsonGuards.js';

/** A migration as interfaces.md says that it is read; stated again here, so that a change there is noticed. */
export type MigrationState =
  | 'setup'
  | 'active'
  | 'pre-switchover'
  | 'switchover'
  | 'completed'
  | 'cancelling'
  | 'cancelled'
  | 'failed'
  | 'paused'
  | 'outcome-unknown';

export interface Progress {
  readonly phase: string;
  readonly total: number;
  readonly transferred: number;
  readonly remaining: number;
  readonly duplicate: number;
  readonly normal: number;
  readonly wireBytes: number;
  readonly resent: number;
  readonly percent: number;
  readonly etaMs: number | null;
  readonly mbps: number;
  readonly dirtyBytesPerSec: number;
  readonly expectedDowntimeMs: number | null;
  /** The pass of reading back, once there was one. */
  readonly scrub?: ScrubProgress;
}

export interface ScrubProgress {
  readonly checkedBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSec: number;
}

export interface Round {
  readonly round: number;
  readonly blocks: number;
  readonly bytes: number;
  readonly zeroBytes: number;
  readonly wireBytes: number;
  readonly durationMs: number;
  readonly dirtiedBytes: number;
  readonly mbps: number;
  readonly deferredBytes?: number;
}

export interface Downtime {
  readonly totalMs: number;
  readonly drainMs: number;
  readonly finalRoundMs: number;
  readonly verifyMs: number;
  readonly persistMs: number;
  readonly takeoverMs: number;
}

export interface Verified {
  readonly mode: 'full' | 'wire';
  readonly blocks: number;
  readonly bytes: number;
  readonly mismatches: number;
  readonly reRead: number;
}

export interface MigrationView {
  readonly id: string;
  readonly role: 'source' | 'destination';
  readonly images: readonly string[];
  readonly state: MigrationState;
  readonly mode: 'live' | 'cold';
  readonly verify: 'full' | 'wire';
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly progress: Progress;
  readonly rounds: readonly Round[];
  readonly downtime?: Downtime;
  readonly verified?: Verified;
}

/** What POST /v1/migrations takes; all but the first two have defaults. */
export interface MigrationRequest {
  readonly images: readonly string[];
  readonly destination: string;
  readonly mode?: 'live' | 'cold';
  readonly downtimeLimitMs?: number;
  /** Bytes a second. */
  readonly bandwidthLimit?: number;
  /** Bytes a second. */
  readonly scrubLimit?: number;
  readonly lanes?: number;
  readonly encoding?: 'auto' | 'raw' | 'lz4';
  readonly verify?: 'full' | 'wire';
  readonly maxRounds?: number;
  readonly timeoutMs?: number;
  readonly onStall?: 'abort' | 'force';
  readonly cutover?: 'auto' | 'manual';
  readonly patienceMs?: number;
  readonly seed?: boolean;
}

export interface ImageView {
  readonly name: string;
  readonly size: number;
  readonly kind: 'disk' | 'memory';
  readonly blockSize: number;
  readonly allocatedBytes: number;
  readonly owner: { readonly role: string; readonly epoch: number };
  readonly dirtyBlocks: number;
  /** Where it lives, when that is somewhere else. */
  readonly location?: string;
}

const TERMINAL: ReadonlySet<MigrationState> = new Set(['completed', 'cancelled', 'failed']);

/** True when nothing follows. */
export function isTerminal(state: MigrationState): boolean {
  return TERMINAL.has(state);
}

const PROGRESS_FIELDS = {
  phase: 'string',
  total: 'number',
  transferred: 'number',
  remaining: 'number',
  duplicate: 'number',
  normal: 'number',
  wireBytes: 'number',
  resent: 'number',
  percent: 'number',
  mbps: 'number',
  dirtyBytesPerSec: 'number',
} as const;

const VIEW_FIELDS = {
  id: 'string',
  role: 'string',
  images: 'object',
  state: 'string',
  mode: 'string',
  verify: 'string',
  startedAt: 'string',
  progress: 'object',
  rounds: 'object',
} as const;

const IMAGE_FIELDS = {
  name: 'string',
  size: 'number',
  kind: 'string',
  blockSize: 'number',
  allocatedBytes: 'number',
  owner: 'object',
  dirtyBlocks: 'number',
} as const;

/** Holds every migration that a test reads against the contract; throws what is missing. */
export function isMigrationView(value: unknown): value is MigrationView {
  hasFields(value, VIEW_FIELDS, 'a migration');
  const progress = typeof value === 'object' && value !== null && 'progress' in value ? value.progress : undefined;
  return hasFields(progress, PROGRESS_FIELDS, 'its progress');
}

/** As isMigrationView, for images. */
export function isImageView(value: unknown): value is ImageView {
  return hasFields(value, IMAGE_FIELDS, 'an image');
}

/** The answer to a started migration. */
export function isStarted(value: unknown): value is { readonly id: string } {
  return hasFields(value, { id: 'string' }, 'a started migration');
}
