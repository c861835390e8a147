import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@godwit/agent';
import { toGodwitError } from '@godwit/errors';
import type { Machine } from './machine.js';
import { MEMORY_ENDED } from './movable.js';

const LOOK_MS = 1000;

/** Its guest powered off, or its QEMU failed: the machine is off. One whose memory is served no more is told of, and left to whoever can still use it. */
export function watchGuest(machine: Machine, logger: Logger, toStopped: () => Promise<void>): void {
  const { guest } = machine;
  if (guest === undefined) return;
  const off = async () => {
    await guest.ended();
    if (machine.guest !== guest || machine.isChanging) return;
    logger.warn({ vm: machine.record.manifest.name }, 'its QEMU has ended: the machine is off');
    await guest.end();
    await toStopped();
  };
  const told = async () => {
    await guest.memoryEnded();
    // An end that is under way may take the server before QEMU; one that comes to nothing leaves a guest to be told of.
    while (machine.isChanging) await wait(LOOK_MS, undefined, { ref: false });
    if (machine.guest !== guest || !guest.isThere || guest.hasMemory) return;
    logger.error({ vm: machine.record.manifest.name }, MEMORY_ENDED);
  };
  const failed = (thrown: unknown) => {
    const reason = toGodwitError(thrown).message;
    logger.error({ vm: machine.record.manifest.name, reason }, 'how a machine ended is not known');
  };
  told().catch(failed);
  off().catch(failed);
}
