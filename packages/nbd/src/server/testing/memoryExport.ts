import type {
  AnsweredRequest,
  BlockExtent,
  ChangeFlags,
  Export,
  ExportBytes,
  Exports,
  OpenExport,
  RequestOrigin,
} from '../../export.js';
import { deferred } from './deferred.js';

/** One call that the server made. */
export interface Call {
  readonly what: string;
  readonly offset: number;
  readonly length: number;
  readonly flags?: ChangeFlags;
}

/** An export in memory that remembers its calls, and can fail, wait and go away as a test says. */
export class MemoryExport implements Export {
  readonly name: string;
  readonly description = 'made of memory';
  readonly readOnly: boolean;
  readonly contexts: readonly string[] = ['base:allocation', 'qemu:dirty-bitmap:godwit'];
  readonly content: Buffer;
  readonly calls: Call[] = [];
  readonly answered: AnsweredRequest[] = [];
  /** Thrown, or rejected with while the gate is closed, by the calls of that name. */
  readonly failures = new Map<string, unknown>();
  /** [from, to): what nextData and blockStatus take for holes. */
  holes: (readonly [number, number])[] = [];
  /** Called before each call is carried out. */
  beforeCall: (call: Call) => void = () => undefined;
  opened = 0;
  closed = 0;
  abandoned = 0;
  /** Calls that wait, and the most that ever did. */
  waiting = 0;
  mostWaiting = 0;
  #gate: { promise: Promise<void>; open: () => void } | undefined;
  readonly #withdrawn = deferred<void>();

  constructor(sizeBytes: number, options: { name?: string; readOnly?: boolean } = {}) {
    this.name = options.name ?? 'disk';
    this.readOnly = options.readOnly ?? false;
    this.content = Buffer.alloc(sizeBytes);
  }

  get size(): number {
    return this.content.length;
  }

  /** From now on calls wait. */
  closeGate(): void {
    const { promise, resolve } = deferred<void>();
    this.#gate = { promise, open: resolve };
  }
  openGate(): void {
    this.#gate?.open();
    this.#gate = undefined;
  }
  withdraw(): void {
    this.#withdrawn.resolve();
  }

  /** This export and no other. */
  asExports(): Exports {
    return { list: () => [this], find: (name) => (name === this.name || name === '' ? this : undefined) };
  }

  open(): OpenExport {
    this.opened += 1;
    return {
      bytes: this.#bytes(),
      observe: (request) => this.answered.push(request),
      withdrawn: this.#withdrawn.promise,
      abandon: () => {
        this.abandoned += 1;
      },
      close: () => {
        this.closed += 1;
      },
    };
  }

  #bytes(): ExportBytes {
    const call = (what: string, offset: number, length: number, origin: RequestOrigin, act: () => void) =>
      this.#call({ what, offset, length }, origin, act);
    return {
      size: this.size,
      read: (offset, target, origin) =>
        call('read', offset, target.length, origin, () => this.content.copy(target, 0, offset, offset + target.length)),
      write: (offset, data, flags, origin) => {
        const copy = Buffer.from(data);
        return this.#call({ what: 'write', offset, length: data.length, flags }, origin, () =>
          copy.copy(this.content, offset),
        );
      },
      writeZeroes: (offset, length, flags, origin) =>
        this.#call({ what: 'writeZeroes', offset, length, flags }, origin, () =>
          this.content.fill(0, offset, offset + length),
        ),
      trim: (offset, length, flags, origin) =>
        this.#call({ what: 'trim', offset, length, flags }, origin, () => undefined),
      flush: (origin) => call('flush', 0, 0, origin, () => undefined),
      cache: (offset, length, origin) => call('cache', offset, length, origin, () => undefined),
      blockStatus: (context, offset, length, maximum) => this.#status(context, offset, length, maximum),
      nextData: (offset, end) =>
        Math.min(end, this.holes.find(([from, to]) => from <= offset && offset < to)?.[1] ?? offset),
      nextHole: (offset, end) => Math.min(end, ...this.holes.map(([from]) => from).filter((from) => from >= offset)),
    };
  }

  #call(call: Call, origin: RequestOrigin, act: () => void): Promise<void> | undefined {
    this.calls.push(call);
    this.beforeCall(call);
    if (this.#gate !== undefined) return this.#wait(this.#gate.promise, call, origin, act);
    this.#fail(call);
    act();
    return undefined;
  }

  async #wait(gate: Promise<void>, call: Call, origin: RequestOrigin, act: () => void): Promise<void> {
    this.waiting += 1;
    this.mostWaiting = Math.max(this.mostWaiting, this.waiting);
    await gate;
    this.waiting -= 1;
    this.#fail(call);
    if (!origin.hasLeft()) act();
  }

  #fail(call: Call): void {
    if (this.failures.has(call.what)) throw this.failures.get(call.what);
  }

  #status(context: string, offset: number, length: number, maximum: number): BlockExtent[] {
    this.calls.push({ what: `status ${context}`, offset, length });
    const flags = context === 'base:allocation' ? 3 : 1;
    const half = Math.ceil(length / 2);
    const extents = [
      { length: half, flags },
      { length: length - half, flags: 0 },
    ];
    return extents.filter((extent) => extent.length > 0).slice(0, maximum);
  }
}
