import net from 'node:net';
import type { TLSSocket } from 'node:tls';
import { parentPort } from 'node:worker_threads';
import { type GodwitError, toGodwitError } from '@godwit/errors';
import { FrameSocket, PolledSocket, serveSessions, type ThreadSession, turnAway } from '@godwit/transport';
import type { LaneProof, LaneReport, LaneVerdict, LaneWorkerData } from './laneMessages.js';
import { openLane } from './openLane.js';
import { laneTaken, proveLane } from './proveLane.js';
import { rehearse } from './rehearsal.js';

/** Thread of one lane at the destination. The descriptor of a plain one stays the main thread's, which closes it. */
function report(message: LaneReport): void {
  parentPort?.postMessage(message);
}

function ended(error: GodwitError | undefined): void {
  report({ type: 'ended', ...(error === undefined ? {} : { error: error.toJSON() }) });
}

async function begin(start: LaneWorkerData): Promise<ThreadSession<LaneVerdict> | undefined> {
  if (start.proof !== undefined) return new SecureSession(start, start.proof);
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

function sessionOf(socket: PolledSocket): ThreadSession<LaneVerdict> {
  return {
    receive: () => undefined,
    end: () => {
      socket.destroy();
      return true;
    },
  };
}

/** A connection that may become a lane within TLS: driven by events, for its bytes are OpenSSL's. Owns the descriptor. */
class SecureSession implements ThreadSession<LaneVerdict> {
  readonly #start: LaneWorkerData;
  readonly #socket: net.Socket;
  #secure: TLSSocket | undefined;
  #frames: FrameSocket | undefined;
  /** Steps that have begun and have not ended: their thread is nobody else's before they have. */
  #steps = 1;
  #isOver = false;

  constructor(start: LaneWorkerData, proof: LaneProof) {
    this.#start = start;
    this.#socket = new net.Socket({ fd: start.fd, readable: true, writable: true });
    this.#socket.on('error', () => this.#socket.destroy());
    report({ type: 'adopted' });
    proveLane(this.#socket, proof)
      .then(
        (secure) => {
          this.#secure = secure;
          if (this.#isOver) secure.destroy();
          else report({ type: 'proven' });
        },
        (error: unknown) => this.#refused(error),
      )
      .finally(() => (this.#steps -= 1));
  }

  receive(verdict: LaneVerdict): void {
    const secure = this.#secure;
    if (secure === undefined) return;
    if (verdict === 'taken') {
      const error = laneTaken(this.#start.lane);
      turnAway(secure, error);
      this.#refused(error);
      return;
    }
    this.#steps += 1;
    openLane(
      this.#start,
      (options) => FrameSocket.wrap(secure, options),
      (error) => this.#ended(error),
    )
      .then(
        (frames) => {
          this.#frames = frames;
        },
        (thrown: unknown) => {
          turnAway(secure, toGodwitError(thrown));
          this.#refused(thrown);
        },
      )
      .finally(() => (this.#steps -= 1));
  }

  end(): boolean {
    this.#isOver = true;
    this.#frames?.destroy();
    this.#secure?.destroy();
    this.#socket.destroy();
    return this.#steps === 0;
  }

  #ended(error: GodwitError | undefined): void {
    if (!this.#isOver) ended(error);
  }

  /** Told when the source has been, for this thread ends upon it. */
  #refused(thrown: unknown): void {
    const tell = () => this.#ended(toGodwitError(thrown));
    if (this.#socket.destroyed) tell();
    else this.#socket.once('close', tell);
  }
}

serveSessions(begin, rehearse);
