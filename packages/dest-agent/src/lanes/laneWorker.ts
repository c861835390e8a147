import { parentPort } from 'node:worker_threads';
import { type GodwitError, toGodwitError } from '@godwit/errors';
import { PolledSocket, serveSessions, type ThreadSession } from '@godwit/transport';
import type { LaneReport, LaneWorkerData } from './laneMessages.js';
import { openLane } from './openLane.js';
import { rehearse } from './rehearsal.js';

/** Thread of one lane at the destination. The descriptor it works with stays the main thread's, which closes it. */
function report(message: LaneReport): void {
  parentPort?.postMessage(message);
}

function ended(error: GodwitError | undefined): void {
  report(error === undefined ? {} : { error: error.toJSON() });
}

async function begin(start: LaneWorkerData): Promise<ThreadSession<never> | undefined> {
  try {
    const socket = await openLane(start, (options) => new PolledSocket(start.fd, options), ended);
    socket.serve().catch((error: unknown) => ended(toGodwitError(error)));
    return sessionOf(socket);
  } catch (thrown) {
    const error = toGodwitError(thrown);
    ended(error);
    const socket = new PolledSocket(start.fd, { accepts: [], onFrame: () => undefined, onEnd: () => undefined });
    socket.fail(error);
    // It may still be telling the source why, by a descriptor that is closed once this thread rests.
    return sessionOf(socket);
  }
}

function sessionOf(socket: PolledSocket): ThreadSession<never> {
  return {
    receive: () => undefined,
    end: () => {
      socket.destroy();
      return true;
    },
  };
}

serveSessions(begin, rehearse);
