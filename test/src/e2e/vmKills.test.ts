/** Agents are killed at the named points of a guest's move, one after another: it runs in one place, and is the one that it was. */
import { FAULT_POINTS, type FaultPoint } from '@godwit/faults';
import { expect, it, type TestContext } from 'vitest';
import { type Trial, trialOf, wordsOf } from '../chaos/campaign/trial.js';
import { Stage } from '../harness/stage.js';
import { MortalGuest } from './vm/mortalGuest.js';

const SEED = Number(process.env['GODWIT_TEST_VM_SEED'] ?? '1');

/** GODWIT_TEST_VM_TRIALS=0-102,110 for each point in turn; these are where a machine's own steps lie. */
const POINTS: readonly FaultPoint[] = [
  'source.round.synced',
  'dest.workload.loaded',
  'dest.commit.recorded',
  'source.release.recorded',
];

function trialIndexes(): readonly number[] {
  const asked = process.env['GODWIT_TEST_VM_TRIALS'];
  if (asked === undefined) return POINTS.map((point) => FAULT_POINTS.indexOf(point));
  return asked.split(',').flatMap((range) => {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (!(first <= last)) throw new Error(`GODWIT_TEST_VM_TRIALS=${asked}: "${range}" is no range`);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** With what repeats it. */
function nameOf(trial: Trial): string {
  const variables = `GODWIT_TEST_VM_SEED=${trial.seed} GODWIT_TEST_VM_TRIALS=${trial.index}`;
  return `${wordsOf(trial)}: ${variables} npx vitest run --project system test/dist/e2e/vmKills.test.js`;
}

class Trials {
  readonly failures: string[] = [];
  readonly unreached: string[] = [];
  readonly #left = [...trialIndexes()];

  /** A guest of its own behind each failure. */
  async run(context: TestContext): Promise<void> {
    while (this.#left.length > 0) {
      const stage = new Stage();
      try {
        const guest = await MortalGuest.booted(context, stage);
        if (await this.#endureAll(stage, guest)) await guest.expectRecords();
      } finally {
        await stage.close();
      }
    }
  }

  /** Whether it endured all that were left. */
  async #endureAll(stage: Stage, guest: MortalGuest): Promise<boolean> {
    for (let index = this.#left.shift(); index !== undefined; index = this.#left.shift()) {
      const trial = trialOf(SEED, index);
      const failure = await this.#judge(guest, trial);
      if (failure === undefined) continue;
      console.log(`FAILED   ${nameOf(trial)}: ${failure}`);
      this.failures.push(`${nameOf(trial)}\n${failure}\n${stage.output()}`);
      return false;
    }
    return true;
  }

  async #judge(guest: MortalGuest, trial: Trial): Promise<string | undefined> {
    try {
      const { isReached, owner } = await guest.endure(trial);
      if (!isReached) this.unreached.push(trial.point);
      const met = isReached ? 'killed  ' : 'not met ';
      console.log(`${met} runs at ${owner.padEnd(11)} ${nameOf(trial)} (${guest.course})`);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

it('a guest survives agents that are killed at points of its moves, there and back, and has lost nothing', async (context) => {
  const trials = new Trials();
  await trials.run(context);
  expect(trials.failures).toEqual([]);
  if (process.env['GODWIT_TEST_VM_TRIALS'] === undefined) expect(trials.unreached).toEqual([]);
}, 3_600_000);
