import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { GodwitError } from '@godwit/errors';
import type { Guest } from './buildGuest.js';
import { makeRecordDisk } from './diskRecords.js';
import { COMMAND_PORT, ECHO_PORT, kernelCommandLine } from './guestWork.js';
import { runWell } from './program.js';

const DISK_BYTES = 64 * 1024 ** 2;
const MEMORY_BYTES = 256 * 1024 ** 2;
const BINARY = 'qemu-system-x86_64';

/** What differs from guest to guest. */
export interface GuestPlaces {
  readonly name: string;
  readonly diskName: string;
  /** File that `makeGuestDisk` made. */
  readonly disk: string;
  /** File that its console is appended to. */
  readonly console: string;
  /** Ports of 127.0.0.1 that lead to the guest. */
  readonly echoPort: number;
  readonly commandPort: number;
}

/** Makes the guest's disk: a new file, sparse, with an empty file system. */
export async function makeGuestDisk(path: string): Promise<void> {
  const file = await open(path, 'wx');
  await file.truncate(DISK_BYTES);
  await file.close();
  await makeRecordDisk(path);
}

/** What `godwit vm run` reads from a file. */
export async function guestManifest({ kernel, initrd }: Guest, places: GuestPlaces): Promise<object> {
  const { name, diskName, disk, console, echoPort, commandPort } = places;
  const forward = (hostPort: number, guestPort: number) => ({
    protocol: 'tcp',
    host: '127.0.0.1',
    hostPort,
    guestPort,
  });
  const forwards = [forward(echoPort, ECHO_PORT), forward(commandPort, COMMAND_PORT)];
  return {
    name,
    uuid: randomUUID(),
    qemu: { binary: BINARY, args: [] },
    machine: await machineType(),
    // Runs wherever QEMU does, at a tenth of the speed.
    accel: 'tcg',
    cpu: { model: 'qemu64', count: 1 },
    memory: { bytes: MEMORY_BYTES },
    disks: [{ name: diskName, path: disk }],
    nics: [{ name: 'net0', mac: '52:54:00:67:6f:64', netdev: { type: 'user', forwards } }],
    kernel: { path: kernel, initrd, append: kernelCommandLine() },
    console: { path: console },
  };
}

/** What `q35` means to this QEMU, with its version. */
async function machineType(): Promise<string> {
  const [, type] = /^q35\s.*\(alias of (\S+)\)/m.exec(await runWell(BINARY, ['-machine', 'help'])) ?? [];
  if (type !== undefined) return type;
  throw new GodwitError('E_INTERNAL', { problem: `${BINARY} -machine help names no q35` });
}
