import { closeSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { qemuArguments, type VmPlace } from '../commandLine/qemuArguments.js';
import { QemuMonitor } from '../driver/qemuMonitor.js';
import type { VmManifest } from '../manifest/vmManifest.js';
import { endQemu, type RunningQemu, startQemu } from '../process/qemuProcess.js';
import { testManifest } from './manifests.js';

const SECTOR_BYTES = 512;
const COUNTER_OFFSET = 0x8000;
/** A boot sector: `mov dword [0x8000], 0`, then for ever `inc dword [0x8000]`. One that boots again begins again. */
const CODE = Buffer.from('66c70600800000000066ff060080ebf9', 'hex');

export interface CountingGuest extends RunningQemu {
  readonly folder: string;
  readonly manifest: VmManifest;
  readonly monitor: QemuMonitor;
}

/** A guest that counts in its memory, from a disk that both hosts have. */
export function countingManifest(folder: string, more: Partial<VmManifest> = {}): VmManifest {
  const path = join(folder, 'boot.img');
  const sector = Buffer.alloc(SECTOR_BYTES);
  CODE.copy(sector);
  sector.writeUInt16BE(0x55aa, SECTOR_BYTES - 2);
  writeFileSync(path, Buffer.concat([sector, Buffer.alloc(1024 * 1024 - SECTOR_BYTES)]));
  return testManifest({ disks: [{ name: 'boot', path, shared: true }], ...more });
}

/** Started in a folder of its own below `folder`, and ended with the test. */
export async function startGuest(
  folder: string,
  name: string,
  manifest: VmManifest,
  place: Partial<VmPlace> = {},
): Promise<CountingGuest> {
  const own = join(folder, name);
  mkdirSync(own, { recursive: true });
  const qmpSocket = join(own, 'qmp.sock');
  const all = { ramFile: join(folder, 'ram'), qmpSocket, disks: {}, incoming: false, ...place };
  const args = qemuArguments(manifest, all);
  const running = await startQemu({ binary: manifest.qemu.binary, args, folder: own, qmpSocket });
  onTestFinished(() => endQemu(running));
  const monitor = new QemuMonitor(running.qmp, { lastWords: () => running.process.lastWords() });
  return { ...running, folder: own, manifest, monitor };
}

/** How far a guest has counted, as its memory's file says. */
export function countIn(ramFile: string): number {
  const counter = Buffer.alloc(4);
  const fd = openSync(ramFile, 'r');
  readSync(fd, counter, 0, 4, COUNTER_OFFSET);
  closeSync(fd);
  return counter.readUInt32LE();
}
