import { NbdErrno, ReplyFlag, SIMPLE_REPLY_BYTES } from '../codec/constants.js';
import type { Agreed } from '../codec/negotiation.js';
import {
  blockStatusBytes,
  blockStatusChunk,
  doneChunk,
  errorChunk,
  OFFSET_DATA_HEAD_BYTES,
  OFFSET_HOLE_BYTES,
  offsetDataHead,
  offsetHoleChunk,
  SMALL_REPLY_BYTES_MAXIMUM,
  simpleReply,
} from '../codec/replies.js';
import type { Cookie, Request } from '../codec/requestParser.js';
import type { BlockExtent, ExportBytes, RequestOrigin } from '../export.js';
import type { Refusal } from './errnoOf.js';
import type { Outbox, Region } from './outbox.js';
import type { ReadPiece } from './readPlan.js';
import type { Slab } from './slabPool.js';

/** Head of the data of a read that is one piece. */
const READ_HEAD_BYTES = { simple: SIMPLE_REPLY_BYTES, structured: OFFSET_DATA_HEAD_BYTES } as const;

/**
 * What a client is told whose export is served here no more, for each request that is not carried out: ESHUTDOWN, or
 * nothing, so that the end of the connection is its answer. QEMU repeats what was not answered once it has
 * connected anew, and passes an error that was answered on to its guest (qemu 7.2, block/nbd.c, nbd_co_request).
 */
export type Farewell = 'eshutdown' | 'disconnect';

/** Writes the replies of one connection into its outbox, in the form that was agreed. */
export class Replies {
  readonly #outbox: Outbox;
  readonly #agreed: Agreed;
  readonly #farewell: Farewell;

  constructor(outbox: Outbox, agreed: Agreed, farewell: Farewell) {
    this.#outbox = outbox;
    this.#agreed = agreed;
    this.#farewell = farewell;
  }

  /** All went well, and there is nothing to say. */
  done(cookie: Cookie): void {
    const slab = this.#outbox.room(SIMPLE_REPLY_BYTES);
    slab.at = simpleReply(slab.buffer, slab.at, 0, cookie);
  }

  /** A read of nothing: no chunk may be empty, but a reply to a read must be structured. */
  nothing(cookie: Cookie): void {
    if (!this.#agreed.structuredReplies) {
      this.done(cookie);
      return;
    }
    const slab = this.#outbox.room(SMALL_REPLY_BYTES_MAXIMUM);
    slab.at = doneChunk(slab.buffer, slab.at, cookie);
  }

  refused(cookie: Cookie, { errno, message }: Refusal): void {
    if (errno === NbdErrno.ESHUTDOWN && this.#farewell === 'disconnect') return;
    const slab = this.#outbox.room(SMALL_REPLY_BYTES_MAXIMUM);
    slab.at = this.#agreed.structuredReplies
      ? errorChunk(slab.buffer, slab.at, cookie, errno, message)
      : simpleReply(slab.buffer, slab.at, errno, cookie);
  }

  /** One chunk for each agreed context, in their order. */
  status(cookie: Cookie, extents: readonly (readonly BlockExtent[])[]): void {
    const last = extents.length - 1;
    for (const [index, list] of extents.entries()) {
      const slab = this.#outbox.room(blockStatusBytes(list.length));
      const id = this.#agreed.contexts[index]?.id ?? 0;
      slab.at = blockStatusChunk(slab.buffer, slab.at, index === last ? ReplyFlag.done : 0, cookie, id, list);
    }
  }

  /** Reads into the reply itself. The head is written when the data is there: until then nothing can be sent. */
  read(request: Request, bytes: ExportBytes, origin: RequestOrigin): Promise<void> | undefined {
    const headBytes = this.#agreed.structuredReplies ? READ_HEAD_BYTES.structured : READ_HEAD_BYTES.simple;
    const replyBytes = headBytes + request.length;
    const slab = this.#outbox.room(replyBytes);
    const at = slab.at;
    const target = slab.buffer.subarray(at + headBytes, at + replyBytes);
    const pending = bytes.read(request.offset, target, origin);
    if (pending !== undefined) {
      const region = this.#outbox.detach(slab, replyBytes);
      return this.#later(pending, region, replyBytes, () => this.#readHead(slab.buffer, at, request));
    }
    this.#readHead(slab.buffer, at, request);
    slab.at = at + replyBytes;
    return undefined;
  }

  /** A read of which some pieces are holes; structured replies only. */
  readPieces(
    request: Request,
    pieces: readonly ReadPiece[],
    bytes: ExportBytes,
    origin: RequestOrigin,
  ): Promise<void> | undefined {
    let replyBytes = 0;
    for (const piece of pieces) replyBytes += piece.isHole ? OFFSET_HOLE_BYTES : OFFSET_DATA_HEAD_BYTES + piece.length;
    const slab = this.#outbox.room(replyBytes);
    const pending = this.#fillPieces(slab, request, pieces, (offset, target) => bytes.read(offset, target, origin));
    if (pending.length === 0) {
      slab.at += replyBytes;
      return undefined;
    }
    const region = this.#outbox.detach(slab, replyBytes);
    return this.#later(allSettled(pending), region, replyBytes, () => undefined);
  }

  #fillPieces(
    slab: Slab,
    cookie: Cookie,
    pieces: readonly ReadPiece[],
    read: (offset: number, target: Uint8Array) => Promise<void> | undefined,
  ): Promise<void>[] {
    const pending: Promise<void>[] = [];
    let at = slab.at;
    for (const [index, { offset, length, isHole }] of pieces.entries()) {
      const flags = index === pieces.length - 1 ? ReplyFlag.done : 0;
      if (isHole) {
        at = offsetHoleChunk(slab.buffer, at, flags, cookie, offset, length);
        continue;
      }
      at = offsetDataHead(slab.buffer, at, flags, cookie, offset, length);
      const target = slab.buffer.subarray(at, at + length);
      const waited = attempt(() => read(offset, target));
      if (waited !== undefined) pending.push(waited);
      at += length;
    }
    return pending;
  }

  #readHead(buffer: Buffer, at: number, request: Request): void {
    if (this.#agreed.structuredReplies) {
      offsetDataHead(buffer, at, ReplyFlag.done, request, request.offset, request.length);
    } else simpleReply(buffer, at, 0, request);
  }

  async #later(pending: Promise<void>, region: Region, replyBytes: number, writeHead: () => void): Promise<void> {
    try {
      await pending;
    } catch (error) {
      this.#outbox.attach(region, 0);
      throw error;
    }
    writeHead();
    this.#outbox.attach(region, replyBytes);
  }
}

/** A throw becomes a rejection: pieces before this one may be under way. */
function attempt(read: () => Promise<void> | undefined): Promise<void> | undefined {
  try {
    return read();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Not Promise.all: the region must not be given away while one of them still writes into it. */
async function allSettled(pending: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(pending);
  for (const result of results) {
    if (result.status === 'rejected') throw result.reason;
  }
}
