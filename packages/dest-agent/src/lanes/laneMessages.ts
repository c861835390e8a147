import type { SerializedError } from '@godwit/errors';
import type { PlainHello, Secured } from '@godwit/transport';
import type { ReserveFile } from './takeRoom.js';

/** An image as a lane writes it. */
export interface IncomingFile {
  readonly path: string;
  /** Of the file that was made for it (RawFile.identity), for another may have been put in its place; any unless given. */
  readonly identity?: string;
  readonly size: number;
  readonly blockBytes: number;
  /** Of a BlockMap, where somebody wants to know which blocks were written. */
  readonly received?: SharedArrayBuffer;
}

/** What a lane is started with; `phase` is shared so that no lane writes after Prepare. */
export interface LaneStart {
  readonly lane: number;
  readonly version: number;
  readonly agentVersion: string;
  readonly files: readonly IncomingFile[];
  readonly phase: SharedArrayBuffer;
  readonly reserve?: ReserveFile;
  /** Given: the connection has asked for TLS, and is a lane when it has shown this. */
  readonly proof?: LaneProof;
}

/** What makes a connection within TLS a lane. The key goes to the thread this way, never by a file's name. */
export interface LaneProof extends Secured {
  readonly said: PlainHello;
  /** What to call the other end. */
  readonly peer: string;
  readonly timeoutMs: number;
  readonly token: string;
  readonly sessionKey: string;
}

/** Worker data: the start, and the descriptor of the accepted connection, lent until the thread has ended. */
export interface LaneWorkerData extends LaneStart {
  readonly fd: number;
}

/**
 * Lane to main thread. Of a lane within TLS first `adopted`, for its descriptor is the thread's from then on, and `proven`,
 * upon which it waits for the verdict; of every lane `ended`.
 */
export type LaneReport =
  | { readonly type: 'adopted' }
  | { readonly type: 'proven' }
  | { readonly type: 'ended'; readonly error?: SerializedError };

/** Main thread to a lane that is proven: whether there is room for it. */
export type LaneVerdict = 'go' | 'taken';

/** Values of the phase word. */
export const LanePhase = { receiving: 1, prepared: 2 } as const;
