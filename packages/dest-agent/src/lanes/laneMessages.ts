import type { SerializedError } from '@godwit/errors';

/** An image as a lane writes it. */
export interface IncomingFile {
  readonly path: string;
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

/** Worker data: the start, and the descriptor of the accepted connection, the worker's once it says adopted. */
export interface LaneWorkerData extends LaneStart {
  readonly fd: number;
}

/** Lane to main thread. `adopted`: the descriptor is the worker's from here on. `ended`: the lane is over. */
export type LaneReport = { readonly type: 'adopted' } | { readonly type: 'ended'; readonly error?: SerializedError };

/** Values of the phase word. */
export const LanePhase = { receiving: 1, prepared: 2 } as const;
