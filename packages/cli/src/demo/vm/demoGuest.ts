import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GodwitError } from '@godwit/errors';
import { COMMAND_PORT, ECHO_PORT, type Guest, kernelCommandLine, makeRecordDisk } from '@godwit/guest';
import type { DemoHost } from './vmScene.js';

export const VM_NAME = 'demo';
const DISK_NAME = 'disk';
/** Of the guest's images (GET /v1/vms). */
export const RAM_IMAGE = `${VM_NAME}-ram`;
export const DISK_IMAGE = `${VM_NAME}-${DISK_NAME}`;
const DISK_BYTES = 64 * 1024 ** 2;
const MEMORY_BYTES = 256 * 1024 ** 2;
const BINARY = 'qemu-system-x86_64';

/** Makes the guest's disk where the host keeps its images, so that the way back finds what stayed behind. */
export async function makeDisk({ dir }: DemoHost): Promise<string> {
  const path = join(dir, `${DISK_IMAGE}.img`);
  const file = await open(path, 'wx');
  await file.truncate(DISK_BYTES);
  await file.close();
  await makeRecordDisk(path);
  return path;
}

/** What `godwit vm run` would read from a file. */
export async function demoManifest(
  { kernel, initrd }: Guest,
  disk: string,
  console: string,
  { echoPort, commandPort }: DemoHost,
): Promise<object> {
  const forward = (hostPort: number, guestPort: number) => ({
    protocol: 'tcp',
    host: '127.0.0.1',
    hostPort,
    guestPort,
  });
  const forwards = [forward(echoPort, ECHO_PORT), forward(commandPort, COMMAND_PORT)];
  return {
    name: VM_NAME,
    uuid: randomUUID(),
    qemu: { binary: BINARY, args: [] },
    machine: await machineType(),
    // Runs wherever QEMU does, at a tenth of the speed.
    accel: 'tcg',
    cpu: { model: 'qemu64', count: 1 },
    memory: { bytes: MEMORY_BYTES },
    disks: [{ name: DISK_NAME, path: disk }],
    nics: [{ name: 'net0', mac: '52:54:00:67:6f:64', netdev: { type: 'user', forwards } }],
    kernel: { path: kernel, initrd, append: kernelCommandLine() },
    console: { path: console },
  };
}

/** The forwarded ports of one host to those of the other. */
export function portMap(from: DemoHost, to: DemoHost): Record<string, string> {
  return { [from.echoPort]: String(to.echoPort), [from.commandPort]: String(to.commandPort) };
}

/** What `q35` means to this QEMU, with its version. */
async function machineType(): Promise<string> {
  const { stdout } = await promisify(execFile)(BINARY, ['-machine', 'help']);
  const [, type] = /^q35\s.*\(alias of (\S+)\)/m.exec(stdout) ?? [];
  if (type !== undefined) return type;
  throw new GodwitError('E_INTERNAL', { problem: `${BINARY} -machine help names no q35` });
}
