import { execFile } from 'node:child_process';
import { access, constants, open, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import { problemOf } from '@godwit/errors';
import { QEMU_BOUNDS } from '../bounds.js';
import type { NicMap } from '../commandLine/nicArguments.js';
import type { VmManifest } from '../manifest/vmManifest.js';
import { checkFuse } from '../ramFile/checkFuse.js';
import { mounts } from '../ramFile/mountTable.js';
import { requiredFiles } from './checkPaths.js';
import type { HostDescription } from './description.js';
import { forwardsOf, shownForward } from './forwards.js';
import { parseCpuModels, parseNames, parseVersion } from './helpTexts.js';
import { isPortTaken } from './ports.js';

const KIB = 1024;
/** Of `blocks` in stat(2), whatever the file system's are. */
const STAT_BLOCK_BYTES = 512;
const INTERFACES = '/sys/class/net';

export interface HostQuestion {
  /** Whose binary, files, forwards are looked for. */
  readonly manifest: VmManifest;
  /** Where images come to be. */
  readonly folder: string;
  /** Files in it that a copy begins with, or that make way for one: their room is the copy's. */
  readonly standing?: readonly string[];
  readonly uuidsInUse?: readonly string[];
  readonly namesInUse?: readonly string[];
  readonly mapNics?: NicMap;
}

/** Looks at this host, for one guest. It changes nothing; a port is taken for a moment to see whether it is free. */
export async function describeHost(question: HostQuestion): Promise<HostDescription> {
  const { manifest, folder, standing = [], uuidsInUse = [], namesInUse = [], mapNics = {} } = question;
  const [interfaces, table] = [await listInterfaces(), await mounts()];
  return {
    qemu: await askQemu(manifest.qemu.binary),
    kvmUsable: await canOpen('/dev/kvm'),
    cpuFlags: await readCpuFlags(),
    memory: await readMemory(),
    folder: { path: folder, availableBytes: await availableBytes(folder, standing) },
    interfaces,
    bridges: await bridgesOf(interfaces),
    files: await sizesOf(requiredFiles(manifest).map(({ path }) => path)),
    fuseProblem: await checkFuse(),
    uuidsInUse,
    namesInUse,
    portsTaken: await portsTaken(manifest),
    fuseMounts: table.filter(({ type }) => /^fuse(?:\.|$)/.test(type)).map(({ point }) => point),
    mapNics,
  };
}

/** Flags of this host's processors (/proc/cpuinfo), as the source's description holds them too. */
export async function readCpuFlags(): Promise<string[]> {
  const text = await readFile('/proc/cpuinfo', 'utf8');
  return /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
}

async function askQemu(binary: string): Promise<HostDescription['qemu']> {
  try {
    const [version, machines, accels, cpus] = await Promise.all(
      [['--version'], ['-machine', 'help'], ['-accel', 'help'], ['-cpu', 'help']].map((args) => outputOf(binary, args)),
    );
    const parsed = parseVersion(version ?? '');
    if (parsed === undefined) return { problem: `it says "${version?.slice(0, 80)}" of its version` };
    return {
      version: parsed,
      machines: parseNames(machines ?? ''),
      accels: parseNames(accels ?? ''),
      cpuModels: parseCpuModels(cpus ?? ''),
    };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

async function outputOf(binary: string, args: readonly string[]): Promise<string> {
  const bounds = { timeout: QEMU_BOUNDS.commandMs, maxBuffer: QEMU_BOUNDS.commandBytes };
  return (await promisify(execFile)(binary, [...args], bounds)).stdout;
}

async function readMemory(): Promise<HostDescription['memory']> {
  const text = await readFile('/proc/meminfo', 'utf8');
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * KIB;
  return { totalBytes: bytes('MemTotal'), availableBytes: bytes('MemAvailable') };
}

async function availableBytes(folder: string, standing: readonly string[]): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const files = await Promise.all(standing.map((path) => stat(path).catch(() => undefined)));
    return files.reduce((sum, file) => sum + (file?.blocks ?? 0) * STAT_BLOCK_BYTES, bavail * bsize);
  } catch {
    return undefined;
  }
}

function listInterfaces(): Promise<string[]> {
  return readdir(INTERFACES).catch(() => []);
}

async function bridgesOf(interfaces: readonly string[]): Promise<string[]> {
  const are = await Promise.all(interfaces.map((name) => exists(`${INTERFACES}/${name}/bridge`)));
  return interfaces.filter((_, index) => are[index]);
}

async function sizesOf(paths: readonly string[]): Promise<Record<string, number | undefined>> {
  const sizes = await Promise.all(
    paths.map(async (path): Promise<[string, number | undefined]> => {
      const found = await stat(path).catch(() => undefined);
      return [path, found?.size];
    }),
  );
  return Object.fromEntries(sizes);
}

async function portsTaken(manifest: VmManifest): Promise<string[]> {
  const taken: string[] = [];
  for (const forward of forwardsOf(manifest)) if (await isPortTaken(forward)) taken.push(shownForward(forward));
  return taken;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function canOpen(path: string): Promise<boolean> {
  try {
    await (await open(path, constants.O_RDWR)).close();
    return true;
  } catch {
    return false;
  }
}
