import { FAULT_POINTS } from '@godwit/faults';
import { Stage } from '../../harness/stage.js';
import { runTrial, type TrialEnd } from './runTrial.js';
import { nameOf, type Trial, trialOf } from './trial.js';

export interface CampaignPlan {
  readonly seed: number;
  /** Indices of trials. */
  readonly trials: readonly number[];
  /** How many at a time. */
  readonly atOnce: number;
  readonly onEnd?: (trial: Trial, end: TrialEnd) => void;
}

export interface CampaignEnd {
  readonly kills: number;
  readonly trials: number;
  readonly owners: Readonly<Record<TrialEnd['owner'], number>>;
  /** What went wrong, each named by what repeats it and with what the agents printed. */
  readonly failures: readonly string[];
  /** Points at which no victim has died. */
  readonly unreached: readonly string[];
}

/** Runs trials, several at a time. */
export async function runCampaign({ seed, trials, atOnce, onEnd }: CampaignPlan): Promise<CampaignEnd> {
  const left = [...trials];
  const reached = new Set<string>();
  const owners = { source: 0, destination: 0 };
  const failures: string[] = [];
  let kills = 0;
  const work = async () => {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      const trial = trialOf(seed, index);
      const end = await runOne(trial);
      if (typeof end === 'string') {
        failures.push(end);
        continue;
      }
      kills += end.kills;
      owners[end.owner] += 1;
      if (end.isReached) reached.add(trial.point);
      onEnd?.(trial, end);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const unreached = FAULT_POINTS.filter((point) => !reached.has(point));
  return { kills, trials: trials.length, owners, failures, unreached };
}

/** Its end, or what went wrong. */
async function runOne(trial: Trial): Promise<TrialEnd | string> {
  const stage = new Stage();
  try {
    return await runTrial(stage, trial);
  } catch (error) {
    return `${nameOf(trial)}\n${String(error)}\n${stage.output()}`;
  } finally {
    await stage.close();
  }
}
