import type { NotDone, ThreadImage } from '@godwit/image';
import {
  type BlockExtent,
  type ChangeFlags,
  type ExportBytes,
  NbdErrno,
  NbdError,
  type RequestOrigin,
} from '@godwit/nbd';
import { ALLOCATION, allocation, dirtiness } from './blockStatus.js';
import type { ExportCounters } from './exportCounters.js';
import type { GateUse, GateWatch } from './gateWatch.js';

type Outcome = Promise<void> | undefined;

/**
 * The bytes of an image for one NBD connection, in the thread that serves it. What need not wait is done
 * before the call returns; what finds the gate shut keeps a copy of its payload and is carried out when the
 * gate opens, if its client is still there. Rules: ARCHITECTURE.md, "NBD", the table of the gate.
 */
export class ImageBytes implements ExportBytes {
  readonly size: number;
  readonly #image: ThreadImage;
  readonly #watch: GateWatch;
  readonly #counters: ExportCounters;
  readonly #abandoned: Promise<void>;
  #abandon: () => void = () => undefined;
  #isAbandoned = false;
  /** What all of this connection wait for that wait at the gate. */
  #turn: Promise<void> | undefined;

  constructor(image: ThreadImage, watch: GateWatch, counters: ExportCounters) {
    this.size = image.file.size;
    this.#image = image;
    this.#watch = watch;
    this.#counters = counters;
    this.#abandoned = new Promise((resolve) => {
      this.#abandon = resolve;
    });
  }

  /** The client has left: what waits at the gate ends now. The gate may be shut for long, and payloads are held meanwhile. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#abandon();
  }

  read(offset: number, target: Uint8Array): Outcome {
    return this.#admitted('read', () => {
      this.#image.read(offset, target);
      return undefined;
    });
  }

  write(offset: number, data: Uint8Array, { fua }: ChangeFlags, origin: RequestOrigin): Outcome {
    if (this.#image.write(offset, data)) return this.#durable(fua);
    this.#watch.admits('change');
    const copy = Buffer.from(data);
    return this.#change(origin, () => (this.#image.write(offset, copy) ? this.#durable(fua) : 'gate is shut'));
  }

  writeZeroes(offset: number, length: number, flags: ChangeFlags, origin: RequestOrigin): Outcome {
    const kind = flags.noHole ? 'allocated' : 'hole';
    return this.#changeNowOrLater(origin, () => {
      const done = this.#image.zero(offset, length, kind, flags.fastZero, () => assertPresent(origin));
      if (done === 'too slow') {
        throw new NbdError(NbdErrno.ENOTSUP, 'the file system cannot zero that range without writing it');
      }
      return this.#thenDurable(done, flags.fua);
    });
  }

  /** A hint, says the specification: where the file system cannot free the range its bytes stay. */
  trim(offset: number, length: number, { fua }: ChangeFlags, origin: RequestOrigin): Outcome {
    return this.#changeNowOrLater(origin, () => {
      const done = this.#image.zero(offset, length, 'hole', true, () => assertPresent(origin));
      return this.#thenDurable(done === 'too slow' ? undefined : done, fua);
    });
  }

  flush(): Outcome {
    return this.#admitted('flush', () => this.#image.file.sync());
  }

  cache(): Outcome {
    return this.#admitted('read', () => undefined);
  }

  blockStatus(
    context: string,
    offset: number,
    length: number,
    maximum: number,
  ): Promise<BlockExtent[]> | BlockExtent[] {
    const { file, maps } = this.#image;
    const answer = () =>
      context === ALLOCATION ? allocation(file, offset, length, maximum) : dirtiness(maps, offset, length, maximum);
    if (this.#watch.admits('read')) return answer();
    return this.#untilAdmitted('read').then(answer);
  }

  /** While somebody else may own the image its holes say nothing: the read that follows waits, or is refused. */
  nextData(offset: number, end: number): number {
    return this.#watch.isReadable ? Math.min(end, this.#image.file.nextData(offset)) : offset;
  }
  nextHole(offset: number, end: number): number {
    return this.#watch.isReadable ? Math.min(end, this.#image.file.nextHole(offset)) : end;
  }

  #admitted(use: GateUse, call: () => Outcome): Outcome {
    if (this.#watch.admits(use)) return call();
    return this.#untilAdmitted(use).then(call);
  }

  #changeNowOrLater(origin: RequestOrigin, attempt: () => Outcome | NotDone): Outcome {
    const done = attempt();
    if (typeof done !== 'string') return done;
    this.#watch.admits('change');
    return this.#change(origin, attempt);
  }

  /**
   * Waits for the gate and tries, until the gate was open. Not for a client that left meanwhile: it may have come
   * again on another connection and written anew. (What it had sent and nobody had read is the connection's to drop.)
   */
  async #change(origin: RequestOrigin, attempt: () => Outcome | NotDone): Promise<void> {
    for (;;) {
      await this.#untilAdmitted('change');
      assertPresent(origin);
      const done = attempt();
      if (typeof done === 'string') continue;
      await done;
      return;
    }
  }

  async #untilAdmitted(use: GateUse): Promise<void> {
    if (this.#watch.admits(use)) return;
    const since = performance.now();
    try {
      do {
        await this.#changed();
        if (this.#isAbandoned) throw clientLeft();
      } while (!this.#watch.admits(use));
    } finally {
      this.#counters.waitedAtGate(performance.now() - since);
    }
  }

  /** Resolves at the gate's next change, or when the client has left. */
  #changed(): Promise<void> {
    this.#turn ??= Promise.race([this.#watch.changed(), this.#abandoned]).finally(() => {
      this.#turn = undefined;
    });
    return this.#turn;
  }

  #durable(fua: boolean): Outcome {
    return fua ? this.#image.file.sync() : undefined;
  }

  #thenDurable(done: Outcome | NotDone, fua: boolean): Outcome | NotDone {
    if (!fua || typeof done === 'string') return done;
    return done === undefined ? this.#image.file.sync() : done.then(() => this.#image.file.sync());
  }
}

/** A client that left may have come again and written anew: nothing more is done of what it sent before. */
function assertPresent(origin: RequestOrigin): void {
  if (origin.hasLeft()) throw clientLeft();
}

function clientLeft(): NbdError {
  return new NbdError(NbdErrno.ESHUTDOWN, 'its client has left');
}
