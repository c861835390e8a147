import { closeSync, openSync, readSync } from 'node:fs';
import { until } from '../../harness/condition.js';
import type { Stage } from '../../harness/stage.js';
import { ConsoleLog } from './consoleLog.js';

/** A counter's line is stamped with the time it was read: how exact that is. */
const LOOK_MS = 5;
const READ_BYTES = 64 * 1024;
const LINES_SHOWN = 40;

/** A console log as it grows. What was written before it was first looked at has the time of that look. */
export class GuestConsole extends ConsoleLog {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(READ_BYTES);
  readonly #timer: NodeJS.Timeout;
  #offset = 0;

  private constructor(path: string) {
    super();
    // QEMU appends; whoever comes first makes the file.
    this.#fd = openSync(path, 'a+');
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Follows the file until the stage ends, and shows the kernel's last words when the test fails. */
  static follow(stage: Stage, path: string): GuestConsole {
    const console = new GuestConsole(path);
    stage.atEnd(async () => console.close());
    stage.keepOutput(() => console.#summary(path));
    return console;
  }

  /** Waits until the guest has said what the probe looks for; an error of the guest ends the wait. */
  until(what: string, probe: (console: ConsoleLog) => boolean, patienceMs?: number): Promise<true> {
    const look = (): true | undefined => {
      if (this.errors.length > 0) throw new Error(`the guest, waiting for ${what}: ${this.errors.join('; ')}`);
      return probe(this) || undefined;
    };
    return until(what, look, patienceMs);
  }

  close(): void {
    clearInterval(this.#timer);
    closeSync(this.#fd);
  }

  #look(): void {
    for (;;) {
      const length = readSync(this.#fd, this.#buffer, 0, READ_BYTES, this.#offset);
      if (length === 0) return;
      this.#offset += length;
      this.feed(this.#buffer.toString('latin1', 0, length), performance.now());
    }
  }

  #summary(path: string): string {
    const { lastTick, diskSeq, oracle, errors, otherLines } = this;
    const last = JSON.stringify({ lastTick, diskSeq, oracle, errors });
    return [`--- console ${path}`, ...otherLines.slice(-LINES_SHOWN), last].join('\n');
  }
}
