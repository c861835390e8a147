/**
 * Receives the body of a PUT of bytes. Called by bytesRoutes: `reserve` before anything is read, `receive`
 * as the content-type parser. The buffer belongs to the route until the write is answered.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GodwitError } from '@godwit/errors';
import { BodyRoom, type Lease } from './bodyRoom.js';

const MIB = 1024 * 1024;
/** One call carries at most this much, in either direction. */
export const MAX_BYTES_PER_CALL = 16 * MIB;
/**
 * Room for the bodies of one image, two of the largest: one is received while one is written. Each image
 * has its own, because those that wait at the gate of one that is frozen, perhaps for ever, keep theirs.
 */
const ROOM_BYTES_PER_IMAGE = 32 * MIB;
/** A sender that stops in the middle may not keep its room for ever. */
const BODY_IDLE_MS = 30_000;

/** Room of one request; `beginWrite` keeps it past a lost connection, until the write has ended. */
interface Reservation {
  readonly lease: Lease;
  writing: boolean;
}

export class IncomingBytes {
  readonly #rooms = new Map<string, BodyRoom>();
  readonly #roomBytes: number;
  readonly #idleMs: number;
  readonly #reservations = new WeakMap<IncomingMessage, Reservation>();

  constructor(roomBytes = ROOM_BYTES_PER_IMAGE, idleMs = BODY_IDLE_MS) {
    this.#roomBytes = roomBytes;
    this.#idleMs = idleMs;
  }

  /** The room of an image; there is one for each name that was ever reserved for. */
  room(image: string): BodyRoom {
    let room = this.#rooms.get(image);
    if (room === undefined) {
      room = new BodyRoom(this.#roomBytes);
      this.#rooms.set(image, room);
    }
    return room;
  }

  /**
   * Waits for room for the body that `request` announces (the largest, if it does not say). The image must
   * be one that is open, for its room is kept.
   *
   * @throws GodwitError E_TOO_LARGE; E_CANCELLED when the client goes away first
   */
  async reserve(image: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const declaredBytes = declaredLength(request);
    if (declaredBytes !== undefined) checkLength(declaredBytes);
    const gone = new AbortController();
    let reservation: Reservation | undefined;
    response.once('close', () => {
      gone.abort(new GodwitError('E_CANCELLED', { reason: 'the client closed the connection' }));
      if (reservation?.writing === false) reservation.lease.release();
    });
    const lease = await this.room(image).acquire(declaredBytes ?? MAX_BYTES_PER_CALL, gone.signal);
    reservation = { lease, writing: false };
    this.#reservations.set(request, reservation);
  }

  /**
   * Reads the whole body into one buffer.
   *
   * @throws GodwitError E_TOO_LARGE
   */
  async receive(request: IncomingMessage): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(declaredLength(request) ?? MAX_BYTES_PER_CALL);
    const idle = setTimeout(() => request.destroy(), this.#idleMs);
    let filledBytes = 0;
    try {
      // Not destroyed on the way out: the refusal must still reach the client on this connection.
      for await (const chunk of request.iterator({ destroyOnReturn: false })) {
        idle.refresh();
        const data = asBuffer(chunk);
        checkLength(filledBytes + data.length);
        filledBytes += data.copy(buffer, filledBytes);
      }
    } finally {
      clearTimeout(idle);
    }
    return buffer.subarray(0, filledBytes);
  }

  /** Runs the write of a received body; its room is free again when the write has ended, however it did. */
  async whileWriting(request: IncomingMessage, write: () => Promise<void>): Promise<void> {
    const reservation = this.#reservations.get(request);
    if (reservation !== undefined) reservation.writing = true;
    try {
      await write();
    } finally {
      reservation?.lease.release();
    }
  }
}

/** The length a body will have; undefined when it is chunked. */
function declaredLength(request: IncomingMessage): number | undefined {
  if (request.headers['transfer-encoding'] !== undefined) return undefined;
  return Number(request.headers['content-length'] ?? 0);
}

function checkLength(bytes: number): void {
  if (bytes <= MAX_BYTES_PER_CALL) return;
  throw new GodwitError('E_TOO_LARGE', {
    what: 'the body',
    value: `${bytes} bytes`,
    limit: `${MAX_BYTES_PER_CALL} bytes a call`,
  });
}

function asBuffer(chunk: unknown): Buffer {
  if (!Buffer.isBuffer(chunk)) throw new TypeError('a request body is read as bytes');
  return chunk;
}
