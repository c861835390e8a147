import { strict as assert } from 'node:assert';
import { FRAME_HEAD_BYTES, type Frame } from './frame.js';
import { type FrameHead, readHead, violation } from './frameHead.js';
import type { OpenFrame } from './frameKind.js';
import { type FrameName, FrameType } from './frameType.js';
import { damaged, hasCheck } from './headerCheck.js';
import { LIMITS } from './limits.js';
import { FRAME_KINDS } from './registry.js';

/**
 * From so many missing bytes of a payload on, the socket reads straight into its place: a copy of 64 KiB costs a few
 * microseconds, about what one more read does.
 */
const DIRECT_BYTES = 64 * 1024;

/** `accepts`: see setAccepts. `onFrame` is called from `push`, in order; a payload is valid until it returns. */
export interface FrameParserOptions {
  readonly accepts: readonly FrameName[];
  readonly onFrame: (frame: Frame) => void;
}

/**
 * Cuts frames out of a byte stream that is hostile until checked. Called by transport.
 *
 * A frame that lies whole in a chunk is passed on without a copy. What a chunk leaves incomplete is
 * held in two buffers that are allocated when first needed and used again: head and header
 * (LIMITS.headerBytes), and payload (LIMITS.payloadBytes). Lengths are checked as soon as the head is
 * there, header values as soon as the header is there, both before room for a payload is made.
 */
export class FrameParser {
  readonly #onFrame: (frame: Frame) => void;
  /** 1 at the type numbers that are in phase. */
  readonly #accepted = new Uint8Array(256);
  /** Head and header of a frame that came in pieces. */
  #held: Buffer | undefined;
  #heldBytes = 0;
  /** The frame that waits for the rest of its payload. */
  #open: OpenFrame | undefined;
  /** Headers of this stream carry checks: one without has lost it. */
  #isChecked = false;
  readonly #head: FrameHead = { kind: FRAME_KINDS.Hello, headerBytes: 0, payloadBytes: 0 };
  /** The beginning of its payload, if that came in pieces. */
  #payload: Buffer | undefined;
  #payloadBytes = 0;
  #busy = false;
  #dead: { readonly thrown: unknown } | undefined;

  constructor(options: FrameParserOptions) {
    this.#onFrame = options.onFrame;
    this.setAccepts(options.accepts);
  }

  /** What is in phase from the next frame on; may be called inside onFrame. Anything else is E_PROTOCOL. */
  setAccepts(accepts: readonly FrameName[]): void {
    this.#accepted.fill(0);
    for (const name of accepts) this.#accepted[FrameType[name]] = 1;
  }

  /** Bytes held of an incomplete frame: at most FRAME_HEAD_BYTES + LIMITS.headerBytes + LIMITS.payloadBytes. */
  get bufferedBytes(): number {
    return this.#heldBytes + this.#payloadBytes;
  }

  /**
   * Calls onFrame for each frame that the chunk completes. The chunk may be used again afterwards.
   *
   * @throws GodwitError E_DAMAGED for what nobody sent like this, E_PROTOCOL, or what onFrame threw. The place in the stream is lost then: the
   * parser is dead and every later push throws the same.
   */
  push(chunk: Uint8Array): void {
    this.#guarded(() => {
      this.#cut(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    });
  }

  #guarded(take: () => void): void {
    if (this.#dead !== undefined) throw this.#dead.thrown;
    assert(!this.#busy, 'push inside onFrame');
    this.#busy = true;
    try {
      take();
    } catch (thrown) {
      this.#dead = { thrown };
      this.#held = this.#open = this.#payload = undefined;
      this.#heldBytes = this.#payloadBytes = 0;
      throw thrown;
    } finally {
      this.#busy = false;
    }
  }

  /**
   * Where the next bytes of the stream may be put instead of into a chunk of the caller's; `filled` then says how many
   * came. Undefined when `push` is to take them. To be asked anew after every call.
   */
  target(): Buffer | undefined {
    if (this.#open === undefined || this.#dead !== undefined) return undefined;
    const wantedBytes = this.#head.payloadBytes;
    if (wantedBytes - this.#payloadBytes < DIRECT_BYTES) return undefined;
    return this.#payloadRoom().subarray(this.#payloadBytes, wantedBytes);
  }

  /** The first `bytes` of what `target` returned are there. Throws as `push` does. */
  filled(bytes: number): void {
    const open = this.#open;
    assert(open !== undefined && this.#payloadBytes + bytes <= this.#head.payloadBytes, 'filled without a target');
    this.#guarded(() => {
      this.#payloadBytes += bytes;
      if (this.#payloadBytes < this.#head.payloadBytes) return;
      open.payload = this.#payloadRoom().subarray(0, this.#payloadBytes);
      this.#open = undefined;
      this.#payloadBytes = 0;
      this.#deliver(open);
    });
  }

  #payloadRoom(): Buffer {
    this.#payload ??= Buffer.allocUnsafeSlow(LIMITS.payloadBytes);
    return this.#payload;
  }

  #cut(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#open !== undefined) at = this.#takePayload(this.#open, chunk, at);
      else if (this.#held !== undefined && this.#heldBytes > 0) at = this.#takeRest(this.#held, chunk, at);
      else at = this.#takeStart(chunk, at);
    }
  }

  /** At the start of a frame: goes to its payload if the header is here, otherwise holds what is. */
  #takeStart(chunk: Buffer, at: number): number {
    const available = chunk.length - at;
    if (available < FRAME_HEAD_BYTES) return this.#hold(chunk, at, available);
    readHead(this.#head, chunk, at);
    if (available < FRAME_HEAD_BYTES + this.#head.headerBytes) return this.#hold(chunk, at, available);
    return this.#takeHeader(chunk, at + FRAME_HEAD_BYTES, chunk, at + FRAME_HEAD_BYTES + this.#head.headerBytes);
  }

  /** In the middle of a head or header: completes `held`, as far as the chunk goes. */
  #takeRest(held: Buffer, chunk: Buffer, start: number): number {
    let at = start;
    if (this.#heldBytes < FRAME_HEAD_BYTES) {
      at = this.#hold(chunk, at, FRAME_HEAD_BYTES - this.#heldBytes);
      if (this.#heldBytes < FRAME_HEAD_BYTES) return at;
      readHead(this.#head, held, 0);
    }
    const wholeBytes = FRAME_HEAD_BYTES + this.#head.headerBytes;
    at = this.#hold(chunk, at, wholeBytes - this.#heldBytes);
    if (this.#heldBytes < wholeBytes) return at;
    this.#heldBytes = 0;
    return this.#takeHeader(held, FRAME_HEAD_BYTES, chunk, at);
  }

  /** Copies at most `bytes` behind what is held, and says where the chunk goes on. */
  #hold(chunk: Buffer, at: number, bytes: number): number {
    this.#held ??= Buffer.allocUnsafeSlow(FRAME_HEAD_BYTES + LIMITS.headerBytes);
    const copied = chunk.copy(this.#held, this.#heldBytes, at, at + bytes);
    this.#heldBytes += copied;
    return at + copied;
  }

  /** The header is whole, in the chunk or in `held`; the payload begins at `at`. */
  #takeHeader(bytes: Buffer, headerAt: number, chunk: Buffer, at: number): number {
    const { kind, headerBytes, payloadBytes } = this.#head;
    if (hasCheck(bytes, headerAt, headerBytes)) this.#isChecked = true;
    else if (this.#isChecked) throw damaged(`${kind.name}: the check of the header is missing`);
    // Only now: a type with a bit turned is damage, and no word out of turn.
    if (this.#accepted[FrameType[kind.name]] !== 1) throw violation(`${kind.name} is out of phase`);
    this.#open = kind.open(bytes, headerAt, headerBytes, payloadBytes);
    return this.#takePayload(this.#open, chunk, at);
  }

  #takePayload(frame: OpenFrame, chunk: Buffer, at: number): number {
    const wantedBytes = this.#head.payloadBytes;
    const end = at + wantedBytes - this.#payloadBytes;
    const isWhole = end <= chunk.length;
    if (isWhole && this.#payloadBytes === 0) {
      if (wantedBytes > 0) frame.payload = chunk.subarray(at, end);
    } else if (at < chunk.length) {
      const room = this.#payloadRoom();
      this.#payloadBytes += chunk.copy(room, this.#payloadBytes, at, end);
      if (isWhole) frame.payload = room.subarray(0, wantedBytes);
    }
    if (!isWhole) return chunk.length;
    this.#open = undefined;
    this.#payloadBytes = 0;
    this.#deliver(frame);
    return end;
  }

  #deliver(frame: OpenFrame): void {
    // Again, for the phase may have changed while the frame was incomplete.
    if (this.#accepted[FrameType[frame.type]] !== 1) throw violation(`${frame.type} is out of phase`);
    this.#onFrame(frame);
  }
}
