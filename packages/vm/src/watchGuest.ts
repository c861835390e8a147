import type { Logger } from '@godwit/agent';
import { toGodwitError } from '@godwit/errors';
import type { Machine } from './machine.js';
import { MEMORY_ENDED } from './movable.js';

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
    if (machine.guest !== guest || machine.isChanging || !guest.isThere) return;
    logger.error({ vm: machine.record.manifest.name }, MEMORY_ENDED);
  };
  void told();
  off().catch((thrown: unknown) => {
    const reason = toGodwitError(thrown).message;
    logger.error({ vm: machine.record.manifest.name, reason }, 'a machine that is off is not known to be');
  });
}
