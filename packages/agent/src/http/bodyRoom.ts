/**
 * Bounds the memory of bodies that are being received or wait at a closed gate. Who finds no room waits
 * in line and is served in order of arrival; nobody is turned away, TCP slows the sender down.
 */

/** Room that was given; give it back exactly once, `release` again does nothing. */
export interface Lease {
  readonly bytes: number;
  release(): void;
}

interface Waiter {
  readonly bytes: number;
  grant(lease: Lease): void;
}

export class BodyRoom {
  readonly #limitBytes: number;
  readonly #waiting: Waiter[] = [];
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for room. One request larger than the whole room would wait forever, so it counts as the room.
   *
   * @throws the signal's reason when it fires first
   */
  acquire(bytes: number, signal: AbortSignal): Promise<Lease> {
    const counted = Math.min(bytes, this.#limitBytes);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        bytes: counted,
        grant(lease) {
          signal.removeEventListener('abort', onAbort);
          resolve(lease);
        },
      };
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason);
        this.#admit();
      };
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
      this.#admit();
    });
  }

  /** Serves the line from its head; a small request behind a large one waits too, or large ones starve. */
  #admit(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (next === undefined || this.#usedBytes + next.bytes > this.#limitBytes) return;
      this.#waiting.shift();
      this.#usedBytes += next.bytes;
      next.grant(this.#lease(next.bytes));
    }
  }

  #lease(bytes: number): Lease {
    let held = true;
    return {
      bytes,
      release: () => {
        if (!held) return;
        held = false;
        this.#usedBytes -= bytes;
        this.#admit();
      },
    };
  }
}
