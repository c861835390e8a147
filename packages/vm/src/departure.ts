import type { Logger, SourceWorkload, TravellingWorkload } from '@godwit/agent';
import { toGodwitError } from '@godwit/errors';
import type { LiveImage } from '@godwit/image';
import { writeState } from './deviceState.js';
import type { Guest } from './guest.js';
import { DRIVER, formatTravel, type Travel } from './travelDocument.js';

export interface DepartureParts {
  readonly travel: Travel;
  /** Undefined: it is off, or what an earlier life left of it has ended. */
  readonly guest: Guest | undefined;
  readonly stateImage: () => LiveImage;
  /** Ends what is left of it here. */
  readonly onMoved: (location: string) => Promise<void>;
  /** Its images are in no migration any more, and are elsewhere. */
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
  /** Never rejects. */
  #leaving: Promise<void> | undefined;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
    this.travels = { workload: DRIVER, document: formatTravel(parts.travel) };
    const { guest } = parts;
    if (guest !== undefined) this.collect = () => guest.collect();
  }

  /**
   * Stops the guest, and brings its memory and its device state into their images. The state while pages are written back:
   * both take time, and saving devices may touch a few pages, which the second collection finds.
   */
  async freeze(): Promise<void> {
    const { guest, stateImage, logger } = this.#parts;
    if (guest === undefined) return;
    const started = performance.now();
    this.#frozen = true;
    await guest.stop();
    const stopped = performance.now();
    const saved = guest.captureState().then((state) => writeState(stateImage(), state).then(() => state.length));
    saved.catch(() => undefined);
    await guest.collect();
    const collected = performance.now();
    const stateBytes = await saved;
    await guest.collect();
    const ended = performance.now();
    this.freezeMs = ended - started;
    const parts = { stopMs: stopped - started, collectMs: collected - stopped, stateMs: ended - collected };
    logger.info({ vm: this.#parts.travel.manifest.name, stateBytes, ...rounded(parts) }, 'guest stands still');
  }

  async resumed({ always }: { always: boolean }): Promise<void> {
    if (!this.#frozen && !always) return;
    this.#frozen = false;
    try {
      await this.#parts.guest?.cont();
    } catch (thrown) {
      const reason = toGodwitError(thrown).message;
      this.#parts.logger.error({ vm: this.#parts.travel.manifest.name, reason }, 'the guest could not be let go on');
    }
  }

  moved(location: string): void {
    this.#leaving = this.#logged(this.#parts.onMoved(location));
  }

  /** Nothing was moved when it did not leave. */
  ended(): void {
    void this.#leaving?.then(() => this.#logged(this.#parts.onFree()));
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
