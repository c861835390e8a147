import { GodwitError } from '@godwit/errors';
import type { Guest } from './guest.js';

/** How long a guest may take to power off when asked. */
const POWER_DOWN_MS = 60_000;

/** Asks a guest to power off, and waits until its QEMU has ended. @throws GodwitError E_VM when it does not */
export async function powerDown(name: string, guest: Pick<Guest, 'powerDown' | 'ended'>): Promise<void> {
  await guest.powerDown();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), POWER_DOWN_MS);
  });
  const isOff = await Promise.race([guest.ended().then(() => true), late]);
  clearTimeout(timer);
  if (isOff) return;
  throw new GodwitError('E_VM', { name, problem: 'its guest does not power off; --force pulls its plug' });
}
