/** In pre-switchover a round is run at least this often, so that the switch stays near. */
const HOLD_ROUND_MS = 1000;

/** Whether the operator has let the switch go ahead, and the waiting until he does. */
export class CutoverHold {
  #asked: boolean;
  #wake: () => void = () => undefined;

  constructor(isAutomatic: boolean) {
    this.#asked = isAutomatic;
  }

  get isReleased(): boolean {
    return this.#asked;
  }

  /** `godwit cutover`. */
  release(): void {
    this.#asked = true;
    this.#wake();
  }

  /** Waits for the release, or until another round is due because `isDirty`. */
  async wait(isDirty: () => boolean, guard: <T>(work: Promise<T>) => Promise<T>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setInterval(() => {
        if (isDirty()) resolve();
      }, HOLD_ROUND_MS);
    });
    try {
      await guard(woken);
    } finally {
      clearInterval(timer);
    }
  }
}
