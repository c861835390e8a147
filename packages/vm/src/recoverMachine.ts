import type { Logger } from '@godwit/agent';
import type { GuestExports } from './guestExports.js';
import type { Guests } from './guests.js';
import type { HeldGuest, Machine } from './machine.js';
import { imageNamesOf, movingImages } from './names.js';
import { LOADED, takeState } from './takeState.js';
import type { VmImages } from './vmImages.js';
import type { VmRecord, VmRecords } from './vmRecord.js';

export interface RecoveryParts {
  readonly records: Pick<VmRecords, 'folderOf'>;
  readonly images: Pick<
    VmImages,
    | 'areOwned'
    | 'areExpected'
    | 'areSealed'
    | 'haveLeft'
    | 'locationOf'
    | 'reopen'
    | 'isOpen'
    | 'live'
    | 'dropMade'
    | 'ramPathOf'
  >;
  readonly exports: Pick<GuestExports, 'add' | 'socketPath'>;
  readonly guests: Guests;
  readonly logger: Logger;
}

/** What may become of a machine. */
export interface Course {
  readonly become: (record: VmRecord) => void;
  readonly watch: () => void;
  readonly moved: (location: string) => Promise<void>;
  readonly stopped: () => Promise<void>;
  /** It never arrived, and does not come. */
  readonly gone: () => void;
}

/** Finds what an earlier life of the agent left of a machine, and does what its record and its images say (ARCHITECTURE.md). */
export async function recoverMachine(machine: Machine, parts: RecoveryParts, course: Course): Promise<void> {
  const { records, images, exports, guests, logger } = parts;
  const { manifest, phase } = machine.record;
  const names = movingImages(manifest, true);
  if (phase === 'left') return endLeft(machine, parts);
  if (phase === 'arriving') return recoverArriving(machine, parts, course);
  await images.reopen(phase === 'stopped' ? movingImages(manifest, false) : names);
  if (phase === 'stopped') return;
  for (const name of names) if (images.isOpen(name)) await exports.add(images.live(name));
  if (machine.guest?.isReachable !== true) {
    machine.guest = await guests.adopt({ folder: records.folderOf(manifest.name), manifest });
    course.watch();
  }
  // Sealed: the migration that is asked about says what becomes of it, and it is looked at again then.
  if (images.areSealed(names)) return;
  if (images.haveLeft(names)) {
    await course.moved(images.locationOf(names));
    await images.dropMade(manifest);
    return;
  }
  if (machine.guest === undefined) {
    logger.error({ vm: manifest.name }, 'its QEMU has ended while no agent was here: the machine is off');
    await course.stopped();
    return;
  }
  await machine.guest.cont();
}

/** Its agent was ended before it had ended what was left of it. */
async function endLeft({ record: { manifest } }: Machine, { records, images, guests }: RecoveryParts): Promise<void> {
  await guests.discardLeft(records.folderOf(manifest.name));
  await images.dropMade(manifest);
}

/**
 * Not owned: what there is of it is ended, and its source makes everything anew. Owned: it has never run, for it is `running` before
 * it does, so that its images are of one instant. Its QEMU goes on if that had its state; or else another takes the state in.
 */
async function recoverArriving(machine: Machine, parts: RecoveryParts, course: Course): Promise<void> {
  const { records, images, exports, guests, logger } = parts;
  const { manifest, arrivesRunning = false } = machine.record;
  const names = movingImages(manifest, arrivesRunning);
  if (!images.areOwned(names)) {
    await guests.discardLeft(records.folderOf(manifest.name));
    if (!images.areExpected(movingImages(manifest, true))) course.gone();
    else logger.info({ vm: manifest.name }, 'a machine that was on its way here waits for its source');
    return;
  }
  await images.reopen(names);
  for (const name of names) await exports.add(images.live(name));
  if (!arrivesRunning) {
    await course.stopped();
    return;
  }
  const guest = (await loadedGuest(machine, parts)) ?? (await loadAnew(machine, parts));
  machine.guest = guest;
  course.become({ manifest, phase: 'running' });
  course.watch();
  await guest.cont();
}

/** What an earlier life started and loaded; of anything less nothing is left. */
async function loadedGuest({ record: { manifest } }: Machine, parts: RecoveryParts): Promise<HeldGuest | undefined> {
  const guest = await parts.guests.adopt({ folder: parts.records.folderOf(manifest.name), manifest });
  if (guest === undefined || (await guest.runState()) === LOADED) return guest;
  await guest.discard(parts.logger);
  return undefined;
}

async function loadAnew({ record: { manifest } }: Machine, parts: RecoveryParts): Promise<HeldGuest> {
  const { records, images, exports, guests, logger } = parts;
  const { name } = manifest;
  logger.warn({ vm: name }, 'its QEMU has ended before it ever ran here: another takes in its state');
  const ramPath = images.ramPathOf(manifest);
  const place = { folder: records.folderOf(name), socket: exports.socketPath, ramPath, manifest };
  const guest = await guests.start(place, { incoming: true });
  try {
    await takeState(guest, images.live(imageNamesOf(manifest).state));
    return guest;
  } catch (error) {
    await guest.discard(logger);
    throw error;
  }
}
