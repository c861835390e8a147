import { closeSync, openSync, readSync } from 'node:fs';
import { GodwitError } from '@godwit/errors';
import { ConsoleLog } from './consoleLog.js';

/** A counter's line is stamped with the time it was read: how exact that is. */
const LOOK_MS = 5;
const READ_BYTES = 64 * 1024;
const LINES_SHOWN = 40;
/** Without KVM, and with little of a processor, a boot takes some ten seconds. */
const PATIENCE_MS = 60_000;

/** Somebody who waits for words of the guest. */
interface Waiter {
  /** Called after each look; throws what ends the wait in vain. True when it need not be called again. */
  readonly look: () => boolean;
  readonly give: (error: unknown) => void;
}

/** A console log as it grows. What was written before it was first looked at has the time of that look. */
export class GuestConsole extends ConsoleLog {
  readonly #path: string;
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(READ_BYTES);
  readonly #timer: NodeJS.Timeout;
  readonly #waiters = new Set<Waiter>();
  #offset = 0;

  private constructor(path: string) {
    super();
    this.#path = path;
    // QEMU appends; whoever comes first makes the file.
    this.#fd = openSync(path, 'a+');
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Follows the file, which is made where it is not there, until `close`. */
  static follow(path: string): GuestConsole {
    return new GuestConsole(path);
  }

  /**
   * Waits until the guest has said what the probe looks for.
   *
   * @throws GodwitError E_INTERNAL for an error of the guest, the end of patience or of the console; the reason of `stop`
   */
  async until(
    what: string,
    probe: (console: ConsoleLog) => boolean,
    { patienceMs = PATIENCE_MS, stop }: { readonly patienceMs?: number; readonly stop?: AbortSignal } = {},
  ): Promise<void> {
    const endsAtMs = performance.now() + patienceMs;
    const look = (): boolean => {
      stop?.throwIfAborted();
      if (this.errors.length > 0) throw failure(`the guest, waiting for ${what}: ${this.errors.join('; ')}`);
      if (probe(this)) return true;
      if (performance.now() > endsAtMs) throw failure(`no sign of ${what} in ${patienceMs} ms; ${this.summary()}`);
      return false;
    };
    if (look()) return;
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        look: () => {
          if (!look()) return false;
          resolve();
          return true;
        },
        give: reject,
      };
      this.#waiters.add(waiter);
    });
  }

  /** Who waits gets an error. */
  close(): void {
    clearInterval(this.#timer);
    closeSync(this.#fd);
    for (const { give } of this.#waiters) give(failure(`console ${this.#path} is no longer followed`));
    this.#waiters.clear();
  }

  /** The kernel's last words, and how far the guest was. */
  summary(): string {
    const { lastTick, diskSeq, oracle, errors, otherLines } = this;
    const last = JSON.stringify({ lastTick, diskSeq, oracle, errors });
    return [`--- console ${this.#path}`, ...otherLines.slice(-LINES_SHOWN), last].join('\n');
  }

  #look(): void {
    for (;;) {
      const length = readSync(this.#fd, this.#buffer, 0, READ_BYTES, this.#offset);
      if (length === 0) break;
      this.#offset += length;
      this.feed(this.#buffer.toString('latin1', 0, length), performance.now());
    }
    for (const waiter of this.#waiters) {
      try {
        if (waiter.look()) this.#waiters.delete(waiter);
      } catch (thrown) {
        this.#waiters.delete(waiter);
        waiter.give(thrown);
      }
    }
  }
}

function failure(problem: string): GodwitError {
  return new GodwitError('E_INTERNAL', { problem });
}
