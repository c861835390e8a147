import type { RunningDaemon } from '../../harness/runningDaemon.js';

/** An agent that a fault may kill, in its first life or in a later one. */
export class MortalAgent {
  readonly daemon: RunningDaemon;
  kills = 0;
  /** It has died of the fault. */
  isReached = false;
  readonly #fault: string | undefined;
  readonly #armedFrom: number;
  readonly #firstLife: Readonly<Record<string, string>>;
  #lives = 0;

  /**
   * @param fault what GODWIT_FAULT is to be; undefined: none
   * @param armedFrom in which life it gets the fault, from 1 on, until it has died of it
   * @param firstLife further variables of its first life
   */
  constructor(
    daemon: RunningDaemon,
    fault: string | undefined,
    armedFrom: number,
    firstLife: Readonly<Record<string, string>> = {},
  ) {
    this.daemon = daemon;
    this.#fault = fault;
    this.#armedFrom = armedFrom;
    this.#firstLife = firstLife;
  }

  get isDead(): boolean {
    return this.daemon.process.end !== undefined;
  }

  /** Starts it; one that dies of the fault at its start is started once more. */
  async start(): Promise<void> {
    try {
      await this.daemon.start(this.#environment());
    } catch (error) {
      if (!this.isDead) throw error;
      this.#noteDeath();
      await this.daemon.start(this.#environment());
    }
  }

  /** kill -9 by hand. */
  async kill(): Promise<void> {
    if (!this.isDead) this.kills += 1;
    await this.daemon.kill();
  }

  /** Starts it anew if it has died of the fault; whether it had. */
  async revive(): Promise<boolean> {
    if (!this.isDead) return false;
    this.#noteDeath();
    await this.start();
    return true;
  }

  #noteDeath(): void {
    const { end, role } = this.daemon.process;
    const isOfFault = end?.signal === 'SIGKILL' && this.#isArmed && !this.isReached;
    if (!isOfFault) throw new Error(`the ${role} agent ended by itself: ${JSON.stringify(end)}`);
    this.isReached = true;
    this.kills += 1;
  }

  get #isArmed(): boolean {
    return this.#fault !== undefined && this.#lives >= this.#armedFrom;
  }

  #environment(): Record<string, string> {
    this.#lives += 1;
    return {
      // A rehearsal passes the points of a lane before there is a migration.
      GODWIT_NO_REHEARSAL: '1',
      // Images lie in memory here, and the points of the reserve are to be passed.
      GODWIT_RESERVE_IN_MEMORY: '1',
      ...(this.#lives === 1 ? this.#firstLife : {}),
      ...(this.#isArmed && !this.isReached ? { GODWIT_FAULT: this.#fault ?? '' } : {}),
    };
  }
}
