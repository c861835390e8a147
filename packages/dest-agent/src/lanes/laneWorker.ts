import { parentPort, workerData } from 'node:worker_threads';
import { type GodwitError, toGodwitError } from '@godwit/errors';
import { FrameSocket } from '@godwit/transport';
import type { LaneEnded, LaneWorkerData } from './laneMessages.js';
import { openLane } from './openLane.js';

/** Thread of one lane at the destination; owns the descriptor it was given. */
function ended(error: GodwitError | undefined): void {
  const message: LaneEnded = { type: 'ended', ...(error === undefined ? {} : { error: error.toJSON() }) };
  parentPort?.postMessage(message);
}

// Keeps the thread until the main thread ends it.
parentPort?.on('message', () => undefined);
const start: LaneWorkerData = workerData;
openLane(start, (options) => FrameSocket.adopt(start.fd, options), ended).catch((error: unknown) =>
  ended(toGodwitError(error)),
);
