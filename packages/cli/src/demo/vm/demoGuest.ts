import { join } from 'node:path';
import { type Guest, guestManifest, makeGuestDisk } from '@godwit/guest';
import type { DemoHost } from './vmScene.js';

export const VM_NAME = 'demo';
const DISK_NAME = 'disk';
/** Of the guest's images (GET /v1/vms). */
export const RAM_IMAGE = `${VM_NAME}-ram`;
export const DISK_IMAGE = `${VM_NAME}-${DISK_NAME}`;

/** Makes the guest's disk where the host keeps its images, so that the way back finds what stayed behind. */
export async function makeDisk({ dir }: DemoHost): Promise<string> {
  const path = join(dir, `${DISK_IMAGE}.img`);
  await makeGuestDisk(path);
  return path;
}

/** What `godwit vm run` would read from a file. */
export function demoManifest(guest: Guest, disk: string, console: string, host: DemoHost): Promise<object> {
  const { echoPort, commandPort } = host;
  return guestManifest(guest, { name: VM_NAME, diskName: DISK_NAME, disk, console, echoPort, commandPort });
}

/** The forwarded ports of one host to those of the other. */
export function portMap(from: DemoHost, to: DemoHost): Record<string, string> {
  return { [from.echoPort]: String(to.echoPort), [from.commandPort]: String(to.commandPort) };
}
