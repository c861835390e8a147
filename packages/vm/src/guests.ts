import { discardLeft } from '@godwit/qemu';
import { Guest, type GuestPlace } from './guest.js';
import type { HeldGuest } from './machine.js';

/** `incoming`: it waits for its state, and has read nothing. */
export interface StartHow {
  readonly incoming: boolean;
}

/** How guests come to be here, are found again, and go. */
export interface Guests {
  /** @throws GodwitError what Guest.start throws */
  start(place: GuestPlace, how: StartHow): Promise<HeldGuest>;
  /** @throws GodwitError what Guest.adopt throws */
  adopt(place: Omit<GuestPlace, 'socket' | 'ramPath'>): Promise<HeldGuest | undefined>;
  /** Ends what is left in a machine's folder. @throws GodwitError E_QEMU_STUCK, E_RAM_FILE; then its records stay */
  discardLeft(folder: string): Promise<void>;
}

export const QEMU_GUESTS: Guests = {
  start: (place, how) => Guest.start(place, how),
  adopt: (place) => Guest.adopt(place),
  discardLeft,
};
