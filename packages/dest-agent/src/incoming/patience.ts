import { GodwitError } from '@godwit/errors';
import { type FrameHeaders, LIMITS } from '@godwit/protocol';

/** A source whose patience is over needs a moment to say so. */
const MARGIN_MS = 5000;

/** How long a destination waits for a source that it has no link to. */
export class Patience {
  readonly #onOver: (error: GodwitError) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onOver: (error: GodwitError) => void) {
    this.#onOver = onOver;
  }

  /** From now on, as long as its source means to try; anew if it waits already. */
  wait({ patienceMs }: Pick<FrameHeaders['Offer'], 'patienceMs'>): void {
    this.end();
    const waitMs = Math.min(LIMITS.patienceMs, patienceMs + MARGIN_MS);
    this.#timer = setTimeout(() => {
      this.#onOver(new GodwitError('E_PEER_LOST', { silentMs: waitMs }, { detail: 'its source did not come back' }));
    }, waitMs).unref();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
