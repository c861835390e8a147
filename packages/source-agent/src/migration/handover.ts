import type { SourceHandover } from '@godwit/agent';
import {
  type Downtime,
  holdForTest,
  type Logger,
  type OwnerRecord,
  type OwnershipStore,
  type RoundRecord,
} from '@godwit/agent';
import { GodwitError, problemOf } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import { GateState, type LiveImage } from '@godwit/image';
import type { Link } from './link.js';
import type { MigrationMeter } from './meter.js';
import type { Passes } from './passes.js';

/** The destination may own the next one; the one after that is nobody's. */
const FORCED_EPOCHS = 2;

/** What the handover works on. `guard` rejects as soon as the migration is to end; see SourceMigration. */
export interface HandoverParts {
  readonly id: string;
  readonly images: readonly LiveImage[];
  readonly link: Pick<Link, 'channel' | 'imagesUrl'>;
  readonly passes: Pick<Passes, 'proveRound' | 'check'>;
  readonly meter: MigrationMeter;
  /** Called once the gates are closed. */
  readonly onFrozen: () => void;
  readonly ownership: OwnershipStore;
  readonly handover: SourceHandover;
  readonly peer: string;
  readonly verify: 'full' | 'wire';
  readonly logger: Logger;
  readonly guard: <T>(work: Promise<T>) => Promise<T>;
  /** Called with the expected downtime once frozen; false: thaw and go on with rounds. */
  readonly stillWorthIt: () => boolean;
  /** How long sending and proving may take with the gate closed before it is given up; undefined: as long as it takes. */
  readonly patienceMs: number | undefined;
  /** How long the destination may take to prepare. */
  readonly peerTimeoutMs: number;
  /** Rejects when the agent is shutting down: what is sealed is asked about at the next start. */
  readonly untilShutdown: <T>(work: Promise<T>) => Promise<T>;
  /** Told of the rounds of the pause. */
  readonly announce: (record: RoundRecord) => void;
  /** The last moment before SEALED is written; throws when the migration has ended, or its link. */
  readonly assertGoingOn: () => void;
}

/**
 * Freeze to TAKEN (engine.md section 3): close every gate, drain, final rounds with their checks, Prepare,
 * SEALED on disk, Commit, Taken, writers told, RELEASED on disk. Several images share each step, so they change
 * hands at one instant. Resolves false when the freeze was given up because too much had become dirty.
 */
export async function handOver(parts: HandoverParts): Promise<boolean> {
  const { images, link, guard, meter, handover } = parts;
  const clock = new PartClock();
  // Cold mode refuses writes already, and goes on refusing.
  for (const { maps } of images) if (maps.gate.state !== GateState.refusing) maps.gate.close();
  parts.onFrozen();
  faultPoint('source.switch.frozen');
  await guard(Promise.all(images.map(({ maps }) => maps.gate.drained())));
  clock.lap('drainMs');
  faultPoint('source.switch.drained');
  await guard(holdForTest('source.switchover.frozen'));
  if (!parts.stillWorthIt()) return false;

  meter.phase = 'final round';
  const frozen: FrozenRounds = { rounds: [], isGivenUp: false };
  if (!(await within(parts.patienceMs, guard(settleFrozen(parts, clock, frozen))))) {
    // The pass under way ends; no other one follows.
    frozen.isGivenUp = true;
    return false;
  }
  for (const { file } of images) file.assertSize();
  faultPoint('source.switch.settled');

  meter.phase = 'preparing';
  const verified = meter.verified();
  handover.apply('ready');
  link.channel.send('Prepare', {
    verifiedBlocks: verified.blocks,
    verifiedBytes: verified.bytes,
    mismatches: verified.mismatches,
  });
  faultPoint('source.switch.prepare-said');
  if (!(await within(parts.peerTimeoutMs, guard(link.channel.waitFor('Prepared'))))) {
    throw new GodwitError('E_PEER_LOST', { silentMs: parts.peerTimeoutMs }, { detail: 'it did not prepare in time' });
  }
  await guard(holdForTest('source.switchover.before-seal'));
  faultPoint('source.switch.prepared');

  // No await between here and the record: once it is being written, only the destination's word counts.
  parts.assertGoingOn();
  handover.apply('prepared');
  const sealed = sealedRecords(parts);
  await sealedGates(images, () => handover.recorded(() => parts.ownership.update(sealed)));
  clock.lap('persistMs');
  faultPoint('source.switch.sealed');
  await holdForTest('source.switchover.after-seal');
  link.channel.send('Commit', { migrationId: parts.id, epochs: sealed.map((record) => record.epoch) });
  faultPoint('source.switch.commit-said');
  await parts.untilShutdown(link.channel.waitFor('Taken'));
  faultPoint('source.switch.taken');
  handover.apply('taken');
  clock.lap('takeoverMs');
  meter.downtime = clock.parts();
  await release(parts.images, parts.ownership, link.imagesUrl, parts.logger);
  for (const record of frozen.rounds) parts.announce(record);
  return true;
}

/**
 * Lets nobody read from before the record on, for the destination may own as soon as it is on disk. Readers
 * go on when it could not be written: without a Commit the destination does not own.
 */
async function sealedGates(images: readonly LiveImage[], record: () => Promise<unknown>): Promise<void> {
  const before = images.map(({ maps }) => maps.gate.state);
  for (const { maps } of images) maps.gate.seal();
  try {
    await record();
  } catch (error) {
    for (const [index, { maps }] of images.entries()) {
      if (before[index] === GateState.refusing) maps.gate.refuse();
      else maps.gate.close();
    }
    throw error;
  }
}

/** True when `work` ended in time; false when it did not, and goes on. What it throws in time is thrown. */
async function within(patienceMs: number | undefined, work: Promise<unknown>): Promise<boolean> {
  const done = work.then(() => true);
  if (patienceMs === undefined) return done;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceMs);
  });
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
    done.catch(() => undefined);
  }
}

/** The rounds of a pause, and whether it was given up. */
interface FrozenRounds {
  readonly rounds: RoundRecord[];
  isGivenUp: boolean;
}

/** Sends and proves until nothing is dirty and nothing unproven; the gate is closed, so it ends. */
async function settleFrozen(parts: HandoverParts, clock: PartClock, frozen: FrozenRounds): Promise<void> {
  const { images, passes, guard } = parts;
  const dirty = () => images.some(({ maps }) => maps.dirty.count() > 0);
  const unproven = () => parts.verify === 'full' && images.some(({ maps }) => maps.unprovenBlocks() > 0);
  while (!frozen.isGivenUp && (dirty() || unproven())) {
    if (dirty()) frozen.rounds.push(await guard(passes.proveRound()));
    clock.lap('finalRoundMs');
    if (!frozen.isGivenUp && unproven()) await guard(passes.check());
    clock.lap('verifyMs');
  }
  if (frozen.isGivenUp) return;
  for (const { maps, name } of images) {
    if (maps.inFlight.count() + maps.checkingBlocks() === 0) continue;
    throw new GodwitError('E_INTERNAL', { problem: `blocks of ${name} are still in flight after the last round` });
  }
}

function sealedRecords({ images, ownership, id, peer }: HandoverParts): OwnerRecord[] {
  return recordsOf(images, ownership).map((record) => ({ ...record, role: 'sealed', migration: id, peer }));
}

/**
 * The destination owns: tells everyone who waits at a gate where to go, then records it. Nobody has to wait for the
 * record, nor for one that cannot be written: SEALED is on disk and leads here again.
 */
export async function release(
  images: readonly LiveImage[],
  ownership: OwnershipStore,
  imagesUrl: string,
  logger: Logger,
  more: Pick<OwnerRecord, 'forcedAt'> = {},
): Promise<void> {
  const records = recordsOf(images, ownership).map(
    (record): OwnerRecord => ({ ...record, ...more, role: 'released', location: imagesUrl + record.name }),
  );
  for (const image of images) {
    image.location = imagesUrl + image.name;
    image.maps.gate.move();
  }
  faultPoint('source.release.writers-told');
  try {
    await ownership.update(records);
    faultPoint('source.release.recorded');
  } catch (error) {
    logger.error({ reason: problemOf(error) }, 'RELEASED could not be recorded; the next start asks the destination');
  }
}

/** Whose images the source takes back. */
interface Reclaimed {
  readonly migration: string;
  readonly images: readonly LiveImage[];
  readonly ownership: OwnershipStore;
  readonly handover: SourceHandover;
  /** Called when the gates are open. */
  readonly onReopened: () => void;
}

/**
 * The destination has ABORTED on its disk: the workload goes on at once, and the record follows. A record that cannot be written is E_STATE_DIR;
 * called again, it is written again.
 */
export async function reclaim(reclaimed: Reclaimed): Promise<void> {
  const { ownership, handover } = reclaimed;
  const before = sealedBefore(reclaimed);
  if (handover.phase !== 'unsealing') {
    handover.apply('told-aborted');
    await reopen(reclaimed);
  }
  await handover.recorded(() => ownership.update(before.map((record) => ({ ...record, role: 'owner' }))));
  faultPoint('source.reclaim.recorded');
}

/** An operator says that the source owns: on record first, above what the destination may own, so that what it has is old wherever the two meet. */
export async function reclaimByForce(reclaimed: Reclaimed, forcedAt: string): Promise<void> {
  const { ownership, handover } = reclaimed;
  const records = sealedBefore(reclaimed).map((record): OwnerRecord => {
    const epoch = record.epoch + FORCED_EPOCHS;
    return { ...record, role: 'owner', epoch, fence: epoch, forcedAt };
  });
  handover.apply('force-keep');
  await handover.recorded(() => ownership.update(records));
  await reopen(reclaimed);
}

/** The records of what is reclaimed. SEALED in doubt, on a disk that reported an error, is `owner` as before. */
function sealedBefore({ images, ownership, migration }: Reclaimed): OwnerRecord[] {
  const records = recordsOf(images, ownership);
  const isOurs = ({ role, migration: by }: OwnerRecord) => role === 'owner' || (role === 'sealed' && by === migration);
  const other = records.find((record) => !isOurs(record));
  if (other === undefined) return records;
  throw new GodwitError('E_NOT_OWNER', { name: other.name, state: `${other.role}, by another move` });
}

async function reopen({ images, onReopened }: Reclaimed): Promise<void> {
  for (const image of images) {
    await image.maps.restoreInFlight();
    image.thaw();
  }
  onReopened();
  faultPoint('source.reclaim.thawed');
}

function recordsOf(images: readonly LiveImage[], ownership: OwnershipStore): OwnerRecord[] {
  return images.map(({ name }) => {
    const record = ownership.get(name);
    if (record === undefined) throw new GodwitError('E_INTERNAL', { problem: `no ownership record for ${name}` });
    return record;
  });
}

/** Splits the pause into its parts; their sum is the total. */
class PartClock {
  readonly #started = performance.now();
  readonly #parts = { drainMs: 0, finalRoundMs: 0, verifyMs: 0, persistMs: 0, takeoverMs: 0 };
  #last = this.#started;

  lap(part: Exclude<keyof Downtime, 'totalMs' | 'onFreezeMs'>): void {
    const now = performance.now();
    this.#parts[part] += now - this.#last;
    this.#last = now;
  }

  parts(): Downtime {
    return { totalMs: this.#last - this.#started, ...this.#parts };
  }
}
