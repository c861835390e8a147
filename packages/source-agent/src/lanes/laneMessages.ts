import type { SerializedError } from '@godwit/errors';
import type { ImageHandle } from '@godwit/image';
import type { RateLimiterHandle } from '@godwit/transport';
import type { WorkKind } from '../rounds/workList.js';

/** What a lane worker is started with. */
export interface LaneStart {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly agentVersion: string;
  readonly migrationId: string;
  readonly sessionKey: string;
  readonly lane: number;
  readonly images: readonly ImageHandle[];
  readonly limiter?: RateLimiterHandle;
  readonly counters: SharedArrayBuffer;
  /** A lane is lost when nothing is acknowledged for three times as long. */
  readonly peerTimeoutMs?: number;
  /** The protocol version that the control channel speaks; the newest unless given. */
  readonly version?: number;
}

/** Main thread to lane: one pass over a work list. */
export interface LaneWork {
  readonly kind: WorkKind;
  readonly round: number;
  readonly list: SharedArrayBuffer;
}

/** A block whose digests differed; whether that is a mismatch is for the main thread to say. */
export interface Suspect {
  readonly image: number;
  readonly block: number;
}

/** Lane to main thread. */
export type LaneReport =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly suspects: readonly Suspect[] }
  | { readonly type: 'failed'; readonly error: SerializedError };
