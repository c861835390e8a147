import type { RoundRecord } from '@godwit/agent';
import type { Link } from './link.js';
import type { MigrationMeter } from './meter.js';
import type { Passes } from './passes.js';

/** While a round leaves less than this share of what it found, another one makes the pause shorter. */
const FALLING_RATIO = 0.75;
/** Each is a few milliseconds long. */
const MOST_ROUNDS = 4;

/**
 * Rounds at once one after the other, just before the freeze: without waiting for the destination's disk, and checked behind
 * their extents instead of by a pass, they are so short that hardly anything is written meanwhile, and the pause has only that to send.
 */
export async function sprint(
  passes: Pick<Passes, 'proveRound'>,
  meter: Pick<MigrationMeter, 'dirtyBytes'>,
): Promise<RoundRecord[]> {
  const rounds: RoundRecord[] = [];
  let before = Number.POSITIVE_INFINITY;
  for (let dirty = meter.dirtyBytes(); dirty > 0 && dirty < before * FALLING_RATIO; dirty = meter.dirtyBytes()) {
    if (rounds.length === MOST_ROUNDS) break;
    before = dirty;
    rounds.push(await passes.proveRound());
  }
  return rounds;
}

/**
 * Tells the destination that rounds have ended, so that what they sent is on its way to its disk while the last round
 * is being sent and not after it. Resolves when it is there, which the next round's end must wait for; never rejects, for
 * what ends the channel ends the migration.
 */
export async function writeBack(
  channel: Pick<Link['channel'], 'send' | 'waitFor'>,
  last: RoundRecord | undefined,
): Promise<void> {
  if (last === undefined) return;
  channel.send('RoundEnd', last);
  await channel.waitFor('RoundSynced').catch(() => undefined);
}
