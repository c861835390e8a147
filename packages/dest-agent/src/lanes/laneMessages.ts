import type { SerializedError } from '@godwit/errors';

/** An image as a lane writes it. */
export interface IncomingFile {
  readonly path: string;
  /** Of the file that was made for it (RawFile.identity), for another may have been put in its place; any unless given. */
  readonly identity?: string;
  readonly size: number;
  readonly blockBytes: number;
}

/** What a lane is started with; `phase` is shared so that no lane writes after Prepare. */
export interface LaneStart {
  readonly lane: number;
  readonly version: number;
  readonly agentVersion: string;
  readonly files: readonly IncomingFile[];
  readonly phase: SharedArrayBuffer;
}

/** Worker data: the start, and the descriptor of the accepted connection, lent until the thread has ended. */
export interface LaneWorkerData extends LaneStart {
  readonly fd: number;
}

/** Lane to main thread: the lane is over. */
export interface LaneReport {
  readonly error?: SerializedError;
}

/** Values of the phase word. */
export const LanePhase = { receiving: 1, prepared: 2 } as const;
