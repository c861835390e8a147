import { GodwitError } from '@godwit/errors';
import type { LiveImage } from '@godwit/image';
import { readState } from './deviceState.js';
import type { HeldGuest } from './machine.js';

/** A guest that was started to wait for its state takes that in, and stands still. @throws GodwitError E_WORKLOAD, and what QEMU says */
export async function takeState(guest: Pick<HeldGuest, 'loadState' | 'runState'>, image: LiveImage): Promise<void> {
  await guest.loadState(await readState(image));
  const state = await guest.runState();
  if (state !== LOADED) throw new GodwitError('E_WORKLOAD', { problem: `the guest is ${state} instead of ${LOADED}` });
}

/** As QEMU calls one that has its state, and does not run; before it has, it is "inmigrate". */
export const LOADED = 'paused';
