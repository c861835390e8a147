import { setTimeout as wait } from 'node:timers/promises';
import type { Logger, SourceWorkload, TravellingWorkload } from '@godwit/agent';
import { toGodwitError } from '@godwit/errors';
import type { LiveImage } from '@godwit/image';
import { writeState } from './deviceState.js';
import type { Guest } from './guest.js';
import { DRIVER, formatTravel, type Travel } from './travelDocument.js';

/** Between tries to let a guest go on that stands still for nothing. */
const RETRY_MS = 500;

/** Of a guest, what its leaving needs. */
type DepartingGuest = Pick<Guest, 'isThere' | 'stop' | 'cont' | 'collect' | 'captureState'>;

export interface DepartureParts {
  readonly travel: Travel;
  /** Undefined: it is off, or what an earlier life left of it has ended. */
  readonly guest: DepartingGuest | undefined;
  readonly stateImage: () => LiveImage;
  /** Ends what is left of it here. */
  readonly onMoved: (location: string) => Promise<void>;
  /** Its images are in no migration any more. */
  readonly onFree: () => Promise<void>;
  readonly logger: Logger;
}

/** A virtual machine that leaves this host: the engine's view of it. */
export class Departure implements SourceWorkload {
  readonly travels: TravellingWorkload;
  readonly collect?: (signal: AbortSignal) => Promise<void>;
  readonly #parts: DepartureParts;
  freezeMs: number | undefined;
  #frozen = false;
  /** Freezes and resumes, one after the other; never rejects. */
  #last: Promise<void> = Promise.resolve();
  /** Never rejects. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(parts: DepartureParts) {
    this.#parts = parts;
    this.travels = { workload: DRIVER, document: formatTravel(parts.travel) };
    const { guest } = parts;
    if (guest !== undefined) this.collect = () => guest.collect({ inSteps: true });
  }

  /**
   * Stops the guest, and brings its memory and its device state into their images. The state while pages are written back:
   * both take time, and saving devices may touch a few pages, which the second collection finds.
   */
  freeze(signal: AbortSignal): Promise<void> {
    return this.#inTurn(() => this.#freezeNow(signal));
  }

  /** After a freeze that is under way, which leaves off as soon as it can: until it has, the guest may not go on. */
  resumed({ always }: { always: boolean }): Promise<void> {
    const resumes = () => (this.#frozen || always ? this.#letGoOn() : Promise.resolve());
    return this.#inTurn(resumes);
  }

  async #freezeNow(signal: AbortSignal): Promise<void> {
    const { guest, stateImage, logger } = this.#parts;
    if (guest === undefined) return;
    signal.throwIfAborted();
    const started = performance.now();
    this.#frozen = true;
    await guest.stop();
    signal.throwIfAborted();
    const stopped = performance.now();
    const saving = guest.captureState();
    // Both have ended before this does, whatever became of them: a guest cannot go on while its state is being saved.
    const [collected, saved] = await Promise.allSettled([guest.collect({ inSteps: false }), saving]);
    signal.throwIfAborted();
    if (collected.status === 'rejected') throw collected.reason;
    if (saved.status === 'rejected') throw saved.reason;
    const both = performance.now();
    await writeState(stateImage(), saved.value);
    await guest.collect({ inSteps: false });
    const ended = performance.now();
    this.freezeMs = ended - started;
    const parts = { stopMs: stopped - started, collectAndSaveMs: both - stopped, restMs: ended - both };
    const { name: vm } = this.#parts.travel.manifest;
    logger.info({ vm, stateBytes: saved.value.length, ...rounded(parts) }, 'guest stands still');
  }

  /** Tries until the guest runs, or its QEMU has ended. */
  async #letGoOn(): Promise<void> {
    const { guest, logger, travel } = this.#parts;
    this.#frozen = false;
    while (guest?.isThere === true) {
      try {
        await guest.cont();
        return;
      } catch (thrown) {
        const reason = toGodwitError(thrown).message;
        logger.error({ vm: travel.manifest.name, reason }, 'the guest could not be let go on; trying again');
        await wait(RETRY_MS);
      }
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  moved(location: string): void {
    this.#leaving = this.#logged(this.#parts.onMoved(location));
  }

  ended(): void {
    void this.#leaving.then(() => this.#logged(this.#parts.onFree()));
  }

  #logged(work: Promise<void>): Promise<void> {
    return work.catch((thrown: unknown) => {
      const reason = toGodwitError(thrown).message;
      this.#parts.logger.error({ vm: this.#parts.travel.manifest.name, reason }, 'what is left of it stays here');
    });
  }
}

function rounded(parts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(parts).map(([name, ms]) => [name, Math.round(ms * 10) / 10]));
}
