import type { Stage } from '../../harness/stage.js';
import { RunningTrial } from './runningTrial.js';
import type { Side, Trial } from './trial.js';

export interface TrialEnd {
  /** The victim came to the point and died there. */
  readonly isReached: boolean;
  /** Agents that were killed, at the point and by hand. */
  readonly kills: number;
  readonly owner: Side;
}

/**
 * One trial: four writers, a migration, a kill at a named point, restarts until it is settled. Throws unless there is one owner
 * in the end, which has every acknowledged write and takes more.
 */
export async function runTrial(stage: Stage, trial: Trial): Promise<TrialEnd> {
  const running = await RunningTrial.begin(stage, trial);
  await running.migrate();
  const owner = await running.settled();
  await running.expectIntact(owner);
  return { isReached: running.isReached, kills: running.kills, owner };
}
