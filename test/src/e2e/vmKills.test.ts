/** Agents are killed at the named points of a guest's move, one after another: it runs in one place, and is the one that it was. */
import { FAULT_POINTS, type FaultPoint } from '@godwit/faults';
import { expect, it, type TestContext } from 'vitest';
import { nameOf, type Trial, trialOf } from '../chaos/campaign/trial.js';
import { Stage } from '../harness/stage.js';
import { MortalGuest } from './vm/mortalGuest.js';

const SEED = Number(process.env['GODWIT_TEST_VM_SEED'] ?? '1');

/** GODWIT_TEST_VM_TRIALS=0-102,110 for each point in turn; these are where a machine's own steps lie. */
const POINTS: readonly FaultPoint[] = [
  'source.pause.thawed',
  'dest.workload.loaded',
  'dest.commit.recorded',
  'source.release.recorded',
];

function trialIndexes(): readonly number[] {
  const asked = process.env['GODWIT_TEST_VM_TRIALS'];
  if (asked === undefined) return POINTS.map((point) => FAULT_POINTS.indexOf(point));
  return asked.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
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
        await this.#endure(stage, await MortalGuest.booted(context, stage));
      } finally {
        await stage.close();
      }
    }
  }

  async #endure(stage: Stage, guest: MortalGuest): Promise<void> {
    for (let index = this.#left.shift(); index !== undefined; index = this.#left.shift()) {
      const trial = trialOf(SEED, index);
      const failure = await this.#judge(guest, trial);
      if (failure === undefined) continue;
      console.log(`FAILED   ${nameOf(trial)}: ${failure}`);
      this.failures.push(`${nameOf(trial)}\n${failure}\n${stage.output()}`);
      return;
    }
  }

  async #judge(guest: MortalGuest, trial: Trial): Promise<string | undefined> {
    try {
      const { isReached, owner } = await guest.endure(trial);
      if (!isReached) this.unreached.push(trial.point);
      const met = isReached ? 'killed  ' : 'not met ';
      console.log(`${met} runs at ${owner.padEnd(11)} ${nameOf(trial)} (${guest.course})`);
      return undefined;
    } catch (error) {
      return String(error);
    }
  }
}

it('a guest survives agents that are killed at any point of its moves, there and back', async (context) => {
  const trials = new Trials();
  await trials.run(context);
  expect(trials.failures).toEqual([]);
  if (process.env['GODWIT_TEST_VM_TRIALS'] === undefined) expect(trials.unreached).toEqual([]);
}, 3_600_000);
