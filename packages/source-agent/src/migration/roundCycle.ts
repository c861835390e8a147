import type { MigrationRequest } from '@godwit/agent';
import { faultPoint } from '@godwit/faults';
import type { SegmentChoice } from '../rounds/segments.js';
import type { Announcer } from './announcer.js';
import type { Convergence } from './convergence.js';
import type { Link } from './link.js';
import type { MigrationMeter } from './meter.js';
import type { Passes } from './passes.js';

/** A round that is expected to be shorter may be checked behind its extents. */
const SHORT_ROUND_MS = 250;
/** Where reading back is not so many times faster than the wire it would make the round longer, and the next one larger. */
const WIRE_BOUND = 3;
/** So often a round is checked by a pass of its own all the same: both rates are measured apart then. */
const MEASURED_EVERY = 8;

export interface RoundCycleParts {
  readonly passes: Pick<Passes, 'sendRound' | 'proveRound' | 'scrub'>;
  readonly link: { readonly channel: Pick<Link['channel'], 'ping' | 'waitFor'> };
  readonly meter: Pick<MigrationMeter, 'phase' | 'roundsDone' | 'checkBytesPerSec' | 'rawBytesPerSec' | 'dirtyBytes'>;
  readonly announcer: Pick<Announcer, 'round'>;
  readonly convergence: Pick<Convergence, 'synced'>;
  readonly request: Pick<MigrationRequest, 'scrubLimit'>;
  readonly choice: SegmentChoice | undefined;
  readonly guard: <T>(work: Promise<T>) => Promise<T>;
}

/**
 * A round, its write-back at the destination, and the proof of what it sent. Resolves with the dirty bytes that a freeze
 * right after such a round would find, where that is known better than by what is dirty now.
 */
export async function roundCycle(parts: RoundCycleParts): Promise<number | undefined> {
  const { passes, link, meter, choice, guard } = parts;
  meter.phase = `round ${meter.roundsDone + 1}`;
  const isShort = isShortRound(parts);
  const record = await guard(isShort ? passes.proveRound(choice) : passes.sendRound(choice));
  parts.announcer.round(record);
  faultPoint('source.round.announced');
  // Beside extents an echo waits in the queue of the wire; now there are none, as in the pause.
  link.channel.ping();
  meter.phase = 'destination writes back';
  parts.convergence.synced((await guard(link.channel.waitFor('RoundSynced'))).durationMs);
  faultPoint('source.round.synced');
  meter.phase = 'verifying';
  await guard(passes.scrub());
  faultPoint('source.round.verified');
  // Short rounds follow each other at once just before the freeze (see sprint): it finds what this one left at its end,
  // unless so much was written since, while a disk took its time, that the next round is not short.
  return isShort && takesShort(parts) ? record.dirtiedBytes : undefined;
}

/**
 * So short that checking it behind its extents, in the time that the wire leaves, costs less than a pass of its own; not where
 * reading back is to keep to a rate. (On two processors with all of it on one host such rounds carried 100 MB/s instead
 * of 200, and the pauses became twice as long.)
 */
function isShortRound(parts: RoundCycleParts): boolean {
  const { meter, request } = parts;
  if (request.scrubLimit !== undefined || meter.roundsDone % MEASURED_EVERY === 0) return false;
  const isWireBound =
    (meter.checkBytesPerSec ?? 0) >= (meter.rawBytesPerSec() ?? Number.POSITIVE_INFINITY) * WIRE_BOUND;
  return isWireBound && takesShort(parts);
}

/** What is dirty now is sent in a short time. */
function takesShort({ meter }: RoundCycleParts): boolean {
  return (meter.dirtyBytes() / (meter.rawBytesPerSec() ?? 0)) * 1000 < SHORT_ROUND_MS;
}
