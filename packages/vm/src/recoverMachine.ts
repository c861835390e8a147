import { discardLeft } from '@godwit/qemu';
import { Guest } from './guest.js';
import type { Machine } from './machine.js';
import { movingImages } from './names.js';
import type { VmRecord } from './vmRecord.js';
import type { VmServiceParts } from './vmService.js';

type RecoveryParts = Pick<VmServiceParts, 'records' | 'images' | 'exports' | 'logger'>;

/** What may become of a machine. */
interface Course {
  readonly become: (record: VmRecord) => void;
  readonly watch: () => void;
  readonly moved: (location: string) => Promise<void>;
  readonly stopped: () => Promise<void>;
}

/** Finds what an earlier life of the agent left of a machine, and does what its record and its images say (ARCHITECTURE.md). */
export async function recoverMachine(machine: Machine, parts: RecoveryParts, course: Course): Promise<void> {
  const { records, images, exports, logger } = parts;
  const { manifest, phase } = machine.record;
  const names = movingImages(manifest, true);
  if (phase === 'left') return endLeft(machine, parts);
  if (phase === 'arriving') return recoverArriving(machine, parts, course);
  await images.reopen(phase === 'stopped' ? movingImages(manifest, false) : names);
  if (phase === 'stopped') return;
  for (const name of names) if (images.isOpen(name)) await exports.add(images.live(name));
  machine.guest = await Guest.adopt({ folder: records.folderOf(manifest.name), manifest });
  // Sealed: the migration that is asked about says what becomes of it.
  if (machine.guest !== undefined) course.watch();
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
async function endLeft({ record: { manifest } }: Machine, { records, images }: RecoveryParts): Promise<void> {
  await discardLeft(records.folderOf(manifest.name));
  await images.dropMade(manifest);
}

/**
 * Not owned: what there is of it is ended, and its source makes everything anew. Owned: it goes on if its QEMU is there. One
 * that has ended may have run, so its device state is old, and the machine is off, as after a power cut.
 */
async function recoverArriving(machine: Machine, parts: RecoveryParts, course: Course): Promise<void> {
  const { records, images, exports, logger } = parts;
  const { manifest, arrivesRunning = false } = machine.record;
  const names = movingImages(manifest, arrivesRunning);
  const isOwned = images.areOwned(names);
  if (isOwned) {
    await images.reopen(names);
    for (const name of names) await exports.add(images.live(name));
  }
  if (!isOwned) {
    await discardLeft(records.folderOf(manifest.name));
    logger.info({ vm: manifest.name }, 'a machine that was on its way here waits for its source');
    return;
  }
  const guest = await Guest.adopt({ folder: records.folderOf(manifest.name), manifest });
  if (guest === undefined) {
    if (arrivesRunning) logger.error({ vm: manifest.name }, 'its QEMU has ended: the machine is off');
    await course.stopped();
    return;
  }
  machine.guest = guest;
  await guest.cont();
  course.become({ manifest, phase: 'running' });
  course.watch();
}
