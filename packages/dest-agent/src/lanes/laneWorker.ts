import { parentPort } from 'node:worker_threads';
import { type GodwitError, toGodwitError } from '@godwit/errors';
import { FrameSocket, leaveWhenAsked, startedWith } from '@godwit/transport';
import type { LaneReport, LaneWorkerData } from './laneMessages.js';
import { openLane } from './openLane.js';

/** Thread of one lane at the destination. The descriptor it was given is the main thread's until it says adopted. */
function report(message: LaneReport): void {
  parentPort?.postMessage(message);
}

function ended(error: GodwitError | undefined): void {
  report({ type: 'ended', ...(error === undefined ? {} : { error: error.toJSON() }) });
}

leaveWhenAsked();
startedWith<LaneWorkerData>()
  .then((start) =>
    openLane(
      start,
      (options) => {
        const socket = FrameSocket.adopt(start.fd, options);
        report({ type: 'adopted' });
        return socket;
      },
      ended,
    ),
  )
  .catch((error: unknown) => ended(toGodwitError(error)));
