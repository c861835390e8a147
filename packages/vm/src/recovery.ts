import { setTimeout as wait } from 'node:timers/promises';
import { toGodwitError } from '@godwit/errors';
import type { Machine } from './machine.js';
import { type Course, type RecoveryParts, recoverMachine } from './recoverMachine.js';

export interface RecoveryTimes {
  /** How long the agent's start waits for a machine: one that answers does so in a part of it. */
  readonly startMs: number;
  /** Before the second try; twice as long before each that follows. */
  readonly againMs: number;
  readonly longestMs: number;
}

const TIMES: RecoveryTimes = { startMs: 10_000, againMs: 1_000, longestMs: 60_000 };

/** Finds again what an earlier life of the agent left, each machine by itself, and tries until that is done. */
export class Recovery {
  readonly #parts: RecoveryParts;
  readonly #courseOf: (machine: Machine) => Course;
  /** It is one of this agent yet, and nothing else brings it about. */
  readonly #isDue: (machine: Machine) => boolean;
  readonly #times: RecoveryTimes;
  readonly #closing = new AbortController();
  /** Of each machine, one after the other; never rejects. */
  readonly #last = new Map<Machine, Promise<void>>();

  constructor(
    parts: RecoveryParts,
    courseOf: (machine: Machine) => Course,
    isDue: (machine: Machine) => boolean,
    times: RecoveryTimes = TIMES,
  ) {
    this.#parts = parts;
    this.#courseOf = courseOf;
    this.#isDue = isDue;
    this.#times = times;
  }

  /** Resolves after a first try, or when that takes long; it is gone on with behind the agent's back. */
  async begin(machine: Machine): Promise<void> {
    const inTime = new AbortController();
    const first = new Promise<void>((resolve) => void this.#untilDone(machine, resolve));
    const late = wait(this.#times.startMs, undefined, { ref: false, signal: inTime.signal }).then(
      () => this.#parts.logger.warn({ vm: machine.record.manifest.name }, 'a machine is not waited for any longer'),
      () => undefined,
    );
    await Promise.race([first, late]);
    inTime.abort();
  }

  /** After what is under way of it. */
  again(machine: Machine): void {
    void this.#untilDone(machine, () => undefined);
  }

  /** Nothing is tried again. */
  close(): void {
    this.#closing.abort();
  }

  #untilDone(machine: Machine, onTried: () => void): Promise<void> {
    const before = this.#last.get(machine) ?? Promise.resolve();
    const done = before.then(() => this.#tryUntilDone(machine, onTried)).catch(() => undefined);
    this.#last.set(machine, done);
    return done;
  }

  async #tryUntilDone(machine: Machine, onTried: () => void): Promise<void> {
    const { againMs, longestMs } = this.#times;
    for (let waitMs = againMs; !(await this.#try(machine)); waitMs = Math.min(waitMs * 2, longestMs)) {
      onTried();
      await wait(waitMs, undefined, { ref: false, signal: this.#closing.signal });
    }
    onTried();
  }

  /** Whether there is nothing more to be done. */
  async #try(machine: Machine): Promise<boolean> {
    if (this.#closing.signal.aborted || !this.#isDue(machine)) return true;
    // Somebody starts or ends it: what comes of that is looked at.
    if (machine.isChanging) return false;
    machine.isChanging = true;
    try {
      await recoverMachine(machine, this.#parts, this.#courseOf(machine));
      return true;
    } catch (thrown) {
      const reason = toGodwitError(thrown).message;
      const { name: vm } = machine.record.manifest;
      this.#parts.logger.error({ vm, reason }, 'a machine cannot be gone on with yet; trying again');
      return false;
    } finally {
      machine.isChanging = false;
    }
  }
}
