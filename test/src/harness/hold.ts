import { existsSync, writeFileSync } from 'node:fs';
import { until } from './condition.js';
import { isTerminal } from './migrationView.js';
import type { RunningDaemon } from './runningDaemon.js';
import type { Stage } from './stage.js';

/** Points at which an agent under test can be held (GODWIT_TEST_HOLD). */
export type HoldPoint =
  | 'source.active.before-switch'
  | 'source.switchover.frozen'
  | 'source.switchover.before-seal'
  | 'source.switchover.after-seal'
  | 'dest.before-data-sync'
  | 'dest.before-prepared'
  | 'dest.before-owner';

/** A point of the handover that waits until it is released; start the agent with `env`. */
export class Hold {
  readonly env: Readonly<Record<string, string>>;
  readonly #file: string;
  readonly #point: HoldPoint;

  /** @param more what tells it from others at this point */
  constructor(stage: Stage, point: HoldPoint, more = '') {
    this.#point = point;
    this.#file = stage.path(`release-${point}${more}`);
    this.env = { GODWIT_TEST_HOLD: `${point}:${this.#file}` };
  }

  /** The agent waits, or has waited, at the point. */
  get isReached(): boolean {
    return existsSync(`${this.#file}.held`);
  }

  /** Resolves when the agent has come to the point; fails when the migration ends before. */
  async reached({ api }: RunningDaemon, id: string): Promise<void> {
    await until(`the agent to reach ${this.#point}`, async () => {
      if (this.isReached) return true;
      const { state, error } = await api.migration(id);
      if (isTerminal(state)) throw new Error(`${state} before ${this.#point}: ${JSON.stringify(error)}`);
      return false;
    });
  }

  release(): void {
    writeFileSync(this.#file, '');
  }
}
