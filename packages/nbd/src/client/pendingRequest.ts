import type { Reply } from '../codec/clientCodec.js';
import { Command, NbdErrno } from '../codec/constants.js';
import { NbdProtocolError } from '../codec/protocolError.js';
import type { BlockExtent } from '../export.js';
import { NbdError } from '../nbdError.js';

const KNOWN_ERRORS: ReadonlySet<number> = new Set(Object.values(NbdErrno));

/** What a client asks for. */
export interface ClientRequest {
  readonly command: number;
  /** CommandFlag. */
  readonly flags: number;
  readonly offset: number;
  readonly length: number;
  /** WRITE. */
  readonly payload?: Uint8Array;
  /** READ: where the bytes go, `length` of them. */
  readonly target?: Uint8Array;
  /** BLOCK_STATUS: whose runs are wanted. */
  readonly contextId?: number;
}

/** A request until its last reply; believes a reply only within what was asked for. */
export class PendingRequest {
  readonly request: ClientRequest;
  readonly #resolve: (extents: BlockExtent[]) => void;
  readonly #reject: (error: Error) => void;
  #receivedBytes = 0;
  #extents: BlockExtent[] = [];
  #error: NbdError | undefined;

  constructor(request: ClientRequest, resolve: (extents: BlockExtent[]) => void, reject: (error: Error) => void) {
    this.request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Bytes that it holds in memory at either side. */
  get payloadBytes(): number {
    const { command, length } = this.request;
    return command === Command.read || command === Command.write ? length : 0;
  }

  /**
   * Takes one reply; the last one settles it.
   *
   * @throws NbdProtocolError when the reply is not one to this request
   */
  take(reply: Reply): void {
    switch (reply.kind) {
      case 'simple':
        if (reply.errno !== 0) this.#error = errorOf(reply.errno, '');
        else if (reply.data !== undefined) this.#place(this.request.offset, reply.data.length)?.set(reply.data);
        break;
      case 'data':
        this.#place(reply.offset, reply.data.length).set(reply.data);
        break;
      case 'hole':
        this.#place(reply.offset, reply.length).fill(0);
        break;
      case 'status':
        this.#keepExtents(reply.contextId, reply.extents);
        break;
      case 'error':
        this.#error ??= errorOf(reply.errno, reply.message);
        break;
      case 'none':
    }
    if (reply.done) this.#settle();
  }

  fail(error: Error): void {
    this.#reject(error);
  }

  #place(offset: number, length: number): Uint8Array {
    const { target, offset: first, length: wanted } = this.request;
    const at = offset - first;
    if (target === undefined) throw new NbdProtocolError('data for a request that reads nothing');
    this.#receivedBytes += length;
    if (at < 0 || at + length > wanted || this.#receivedBytes > wanted) {
      throw new NbdProtocolError(`${length} bytes at ${offset} for a read of ${wanted} bytes at ${first}`);
    }
    return target.subarray(at, at + length);
  }

  /** Runs up to the end of the request, neighbours of equal flags as one; the last may reach beyond ("NBD_REPLY_TYPE_BLOCK_STATUS"). */
  #keepExtents(contextId: number, extents: readonly BlockExtent[]): void {
    if (this.request.command !== Command.blockStatus) throw new NbdProtocolError('block status for another request');
    if (contextId !== this.request.contextId) return;
    const kept: BlockExtent[] = [];
    let left = this.request.length;
    for (const extent of extents) {
      const length = Math.min(left, extent.length);
      const last = kept.at(-1);
      if (length === 0) break;
      if (last?.flags === extent.flags) kept[kept.length - 1] = { length: last.length + length, flags: last.flags };
      else kept.push({ length, flags: extent.flags });
      left -= length;
    }
    this.#extents = kept;
  }

  #settle(): void {
    if (this.#error !== undefined) {
      this.#reject(this.#error);
      return;
    }
    const { command, length } = this.request;
    if (command === Command.read && this.#receivedBytes !== length) {
      throw new NbdProtocolError(`${this.#receivedBytes} bytes for a read of ${length}`);
    }
    if (command === Command.blockStatus && this.#extents.length === 0) {
      throw new NbdProtocolError('block status without the context that was asked for');
    }
    this.#resolve(this.#extents);
  }
}

/** Numbers that are not in the specification count as EINVAL ("Error values"). */
function errorOf(errno: number, message: string): NbdError {
  const known = KNOWN_ERRORS.has(errno) ? errno : NbdErrno.EINVAL;
  return new NbdError(known, message === '' ? `the server answered errno ${errno}` : message);
}
