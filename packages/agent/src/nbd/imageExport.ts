import { HeldTurns, type ImageHandle, ThreadImage, WriteGate } from '@godwit/image';
import { type AnsweredRequest, type Export, NbdErrno, type OpenExport } from '@godwit/nbd';
import { ALLOCATION, DIRTY } from './blockStatus.js';
import type { ExportCounters } from './exportCounters.js';
import { GateWatch } from './gateWatch.js';
import { ImageBytes } from './imageBytes.js';
import type { Failure } from './nbdMessages.js';

/** A full disk refuses thousands of requests a second; one line in so long says it. */
const FAILURE_EVERY_MS = 60_000;
const STORAGE_ERRORS: readonly number[] = [NbdErrno.EIO, NbdErrno.ENOSPC];

/** An image as one thread exports it. Its file is open while connections use it. */
export class ImageExport implements Export {
  readonly name: string;
  readonly description: string;
  readonly size: number;
  readonly readOnly = false;
  readonly contexts = [ALLOCATION, DIRTY];
  readonly #handle: ImageHandle;
  readonly #counters: ExportCounters;
  readonly #held: HeldTurns;
  readonly #gate: WriteGate;
  readonly #watch: GateWatch;
  #image: ThreadImage | undefined;
  #connections = 0;
  #closing: Promise<void> = Promise.resolve();
  readonly #onFailing: (failure: Failure) => void;
  #failedAt = Number.NEGATIVE_INFINITY;
  #onUnused: () => void = () => undefined;

  constructor(
    handle: ImageHandle,
    counters: ExportCounters,
    held = new HeldTurns(),
    onFailing: (failure: Failure) => void = () => undefined,
    seesPrepared = false,
  ) {
    this.#onFailing = onFailing;
    this.name = handle.name;
    this.description = handle.kind === 'memory' ? 'memory image' : 'disk image';
    this.size = handle.size;
    this.#handle = handle;
    this.#counters = counters;
    this.#held = held;
    this.#gate = WriteGate.attach(handle.gate);
    this.#watch = new GateWatch(handle.name, this.#gate, seesPrepared);
  }

  /** Resolves when the gate lets somebody in for the first time; never when the export is withdrawn before. */
  async firstServed(): Promise<void> {
    while (this.#gate.isHidden) await this.#gate.changed(this.#gate.state);
  }

  get isHidden(): boolean {
    return this.#gate.isHidden;
  }

  /** Opens the file ahead of the first connection. Best effort: `open` says what is wrong to who wants it. */
  openAhead(): void {
    try {
      this.#image ??= ThreadImage.attach(this.#handle, this.#held);
    } catch {
      this.#image = undefined;
    }
  }

  /** False once the image has moved. */
  get isServed(): boolean {
    return !this.#watch.hasMoved;
  }

  /** @throws GodwitError E_MOVED when it has moved */
  assertServed(): void {
    if (this.#watch.hasMoved) throw this.#watch.moved();
  }

  /** @throws GodwitError as ThreadImage.attach */
  open(): OpenExport {
    this.#image ??= ThreadImage.attach(this.#handle, this.#held);
    this.#connections += 1;
    this.#counters.opened();
    const bytes = new ImageBytes(this.#image, this.#watch, this.#counters);
    let isOpen = true;
    return {
      bytes,
      observe: (request) => this.#answered(request),
      withdrawn: this.#watch.withdrawn,
      abandon: () => bytes.abandon(),
      close: () => {
        if (isOpen) this.#closed();
        isOpen = false;
      },
    };
  }

  /** Serves nobody any more; resolves when every connection has let go and the file is closed. */
  async withdraw(): Promise<void> {
    this.#watch.withdraw();
    if (this.#connections > 0) {
      await new Promise<void>((resolve) => {
        this.#onUnused = resolve;
      });
    } else this.#letGo();
    await this.#closing;
  }

  #answered(request: AnsweredRequest): void {
    this.#counters.answered(request);
    const { kind, error } = request;
    if (!STORAGE_ERRORS.includes(error) || performance.now() - this.#failedAt < FAILURE_EVERY_MS) return;
    this.#failedAt = performance.now();
    this.#onFailing({ image: this.name, request: kind, errno: error });
  }

  #closed(): void {
    this.#counters.closed();
    this.#connections -= 1;
    if (this.#connections > 0) return;
    this.#letGo();
    this.#onUnused();
  }

  #letGo(): void {
    const image = this.#image;
    this.#image = undefined;
    // A call that is under way (fdatasync, a long zero) is waited for.
    if (image !== undefined) this.#closing = Promise.all([this.#closing, image.close()]).then(() => undefined);
    // Told by `withdraw`, which may come much later: until then nobody listens, and that would end the thread.
    this.#closing.catch(() => undefined);
  }
}
