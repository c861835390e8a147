import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { until } from '../../harness/condition.js';
import type { HoldPoint } from '../../harness/hold.js';
import { isTerminal } from '../../harness/migrationView.js';
import type { RunningDaemon } from '../../harness/runningDaemon.js';
import type { Stage } from '../../harness/stage.js';

/** Points of the handover at which one agent can be held again and again; none is armed at first. */
export class Holds {
  readonly env: Readonly<Record<string, string>>;
  readonly #fileOf: (point: HoldPoint) => string;

  constructor(stage: Stage, points: readonly HoldPoint[]) {
    this.#fileOf = (point) => stage.path(`pass-${point}`);
    for (const point of points) this.release(point);
    this.env = { GODWIT_TEST_HOLD: points.map((point) => `${point}:${this.#fileOf(point)}`).join() };
  }

  /** The next migration that comes there waits. */
  arm(point: HoldPoint): void {
    rmSync(this.#fileOf(point), { force: true });
    rmSync(`${this.#fileOf(point)}.held`, { force: true });
  }

  release(point: HoldPoint): void {
    writeFileSync(this.#fileOf(point), '');
  }

  /** Resolves when an agent has come to the point; fails when the migration ends before. */
  async reached(point: HoldPoint, { api }: RunningDaemon, id: string): Promise<void> {
    await until(`an agent to reach ${point}`, async () => {
      if (existsSync(`${this.#fileOf(point)}.held`)) return true;
      const { state, error } = await api.migration(id);
      if (isTerminal(state)) throw new Error(`${state} before ${point}: ${JSON.stringify(error)}`);
      return false;
    });
  }
}
