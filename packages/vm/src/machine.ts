import type { Guest } from './guest.js';
import type { VmRecord } from './vmRecord.js';

/** A QEMU and its memory, as whoever holds one sees them. */
export type HeldGuest = Pick<Guest, keyof Guest>;

/** A virtual machine as the agent holds it: what stands on disk, and its QEMU if that is here. */
export interface Machine {
  record: VmRecord;
  guest: HeldGuest | undefined;
  /** A start or an end is under way: others wait for none. */
  isChanging: boolean;
  /** The migration that makes it ready here, until it runs here or does not come. */
  arrival: string | undefined;
  /** Until nothing of it runs here any more. Never rejects. */
  leaving: Promise<void>;
}

export function machineOf(record: VmRecord): Machine {
  return { record, guest: undefined, isChanging: false, arrival: undefined, leaving: Promise.resolve() };
}
