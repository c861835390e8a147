import type { FrameHeaders, FrameName } from '@godwit/protocol';
import { encodeFrame } from '@godwit/protocol';
import type { LaneSocket, RateLimiter } from '@godwit/transport';
import { EncodingChoice, type EncodingMode } from '../lanes/encodingChoice.js';
import { ExtentEncoder } from '../lanes/extentEncoder.js';
import { LaneCounters } from '../lanes/laneCounters.js';
import { LaneOutlet } from '../lanes/laneOutlet.js';
import { LaneWindow } from '../lanes/laneWindow.js';
import { Slots } from '../lanes/slots.js';

const FIELDS = ['seq', 'round', 'offset', 'length', 'rawBytes', 'encoding', 'hashLow', 'hashHigh'] as const;
type RunField = (typeof FIELDS)[number];

function numbersOf(header: object): SentRun['header'] {
  const numbers: Partial<Record<RunField, number>> = {};
  for (const field of FIELDS) {
    const value: unknown = Reflect.get(header, field);
    if (typeof value === 'number') numbers[field] = value;
  }
  return numbers;
}

export interface SentRun {
  readonly type: FrameName;
  /** The numbers in it. */
  readonly header: Readonly<Partial<Record<RunField, number>>>;
  /** As it was when it was flushed. */
  readonly payload: Buffer;
}

interface Queued {
  readonly flush: () => void;
}

/**
 * A lane's connection without a peer: takes payloads some time after they were sent, as sockets do, and acknowledges
 * what it took when it is asked for progress. Keeps account of what is unacknowledged.
 */
class FakeLaneSocket implements LaneSocket {
  readonly frames: SentRun[] = [];
  sentBytes = 0;
  isOver = false;
  /** The most bytes that were unacknowledged at once, where more than one frame was. */
  mostBytes = 0;
  onAck: (seq: number) => void = () => undefined;
  readonly #room: number;
  readonly #queue: Queued[] = [];
  #unacknowledged: number[] = [];
  #lastSeq = 0;

  /** So many frames wait in it at most. */
  constructor(room: number) {
    this.#room = room;
  }

  send<N extends FrameName>(type: N, header: FrameHeaders[N], payload?: Uint8Array, onFlushed?: () => void): boolean {
    if (this.isOver) return true;
    const bytes = encodeFrame(type, header, payload?.length ?? 0).length + (payload?.length ?? 0);
    this.sentBytes += bytes;
    this.#unacknowledged.push(bytes);
    const sum = this.#unacknowledged.reduce((one, other) => one + other, 0);
    if (this.#unacknowledged.length > 1) this.mostBytes = Math.max(this.mostBytes, sum);
    this.#queue.push({
      flush: () => {
        this.frames.push({ type, header: numbersOf(header), payload: Buffer.from(payload ?? []) });
        onFlushed?.();
      },
    });
    this.#lastSeq += 1;
    setImmediate(() => this.#flush());
    return this.#queue.length < this.#room;
  }

  drained(): Promise<void> {
    return this.breathe();
  }

  async progress(): Promise<void> {
    await this.breathe();
    if (this.#unacknowledged.length === 0) return;
    this.#unacknowledged = [];
    this.onAck(this.#lastSeq);
  }

  async breathe(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#flush();
    if (this.isOver) await new Promise(() => undefined);
  }

  fail(): void {
    this.destroy();
  }

  destroy(): void {
    this.isOver = true;
  }

  #flush(): void {
    for (const { flush } of this.#queue.splice(0)) flush();
  }
}

export interface FakeLaneOptions {
  readonly windowBytes: number;
  readonly slotBytes: number;
  readonly room?: number;
  readonly encoding?: EncodingMode;
  readonly limiter?: RateLimiter;
}

let encoder: Promise<ExtentEncoder> | undefined;

/** All that a pass needs, around a fake connection. */
export async function fakeLane({ windowBytes, slotBytes, room = 3, encoding = 'auto', limiter }: FakeLaneOptions) {
  encoder ??= ExtentEncoder.create();
  const socket = new FakeLaneSocket(room);
  const window = new LaneWindow(windowBytes, undefined, () => socket.progress());
  const counters = new LaneCounters();
  socket.onAck = (seq) => window.acknowledge(seq, () => undefined);
  return {
    socket,
    window,
    counters,
    encoder: await encoder,
    choice: new EncodingChoice(encoding),
    outlet: new LaneOutlet(socket, window, counters, limiter),
    slots: new Slots(slotBytes),
  };
}
