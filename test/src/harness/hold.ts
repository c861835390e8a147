import { existsSync, writeFileSync } from 'node:fs';
import { until } from './condition.js';
import type { Stage } from './stage.js';

/** Points at which an agent under test can be held (GODWIT_TEST_HOLD). */
export type HoldPoint =
  | 'source.active.before-switch'
  | 'source.switchover.frozen'
  | 'source.switchover.before-seal'
  | 'source.switchover.after-seal'
  | 'dest.before-prepared'
  | 'dest.before-owner';

/** A point of the handover that waits until it is released; start the agent with `env`. */
export class Hold {
  readonly env: Readonly<Record<string, string>>;
  readonly #file: string;
  readonly #point: HoldPoint;

  constructor(stage: Stage, point: HoldPoint) {
    this.#point = point;
    this.#file = stage.path(`release-${point}`);
    this.env = { GODWIT_TEST_HOLD: `${point}:${this.#file}` };
  }

  /** Resolves when the agent has come to the point. */
  async reached(): Promise<void> {
    await until(`the agent to reach ${this.#point}`, () => existsSync(`${this.#file}.held`));
  }

  release(): void {
    writeFileSync(this.#file, '');
  }
}
