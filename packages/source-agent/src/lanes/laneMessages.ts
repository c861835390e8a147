import type { SerializedError } from '@godwit/errors';
import type { ImageHandle } from '@godwit/image';
import type { RateLimiterHandle, Secured } from '@godwit/transport';
import type { WorkKind } from '../rounds/workList.js';
import type { EncodingMode } from './encodingChoice.js';

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
  /** Of each image, the ColdStretches. */
  readonly cold?: readonly SharedArrayBuffer[];
  readonly limiter?: RateLimiterHandle;
  /** Caps what a scrub reads. */
  readonly scrubLimiter?: RateLimiterHandle;
  readonly counters: SharedArrayBuffer;
  /** How extents are encoded; auto unless given. */
  readonly encoding?: EncodingMode;
  /** A lane is lost when nothing is acknowledged for three times as long. */
  readonly peerTimeoutMs?: number;
  /** The protocol version that the control channel speaks; the newest unless given. */
  readonly version?: number;
  /** Given: within TLS, with what the control channel was proven with at both ends. */
  readonly secured?: Secured;
  /** See PolledSocket. */
  readonly waitMs?: number;
}

/** Main thread to lane: one pass over a work list. */
export interface LaneWork {
  readonly kind: WorkKind;
  readonly round: number;
  readonly list: SharedArrayBuffer;
  /** What it reads is not read again, or not before it would have left the page cache. */
  readonly isLastReading: boolean;
}

/** A block whose digests differed; whether that is a mismatch is for the main thread to say. */
export interface Suspect {
  readonly image: number;
  readonly block: number;
}

/** Lane to main thread; after the lane was closed nothing of this is for anyone. */
export type LaneReport =
  /** `fd`: its connection, to be closed by the main thread when this thread has ended; absent where the socket closes itself. */
  | { readonly type: 'ready'; readonly fd?: number }
  | { readonly type: 'done'; readonly suspects: readonly Suspect[] }
  | { readonly type: 'failed'; readonly error: SerializedError };
