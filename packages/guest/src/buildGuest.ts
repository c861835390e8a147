/**
 * The guest of the demonstration and of the end-to-end tests is made where it is needed: Debian's cloud kernel, four of
 * its drivers, and one static program of ours (init/) as the only process. What was made is kept for the next time.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GodwitError } from '@godwit/errors';
import { type DebianPackage, packageBehind, unpack, unpackedIn } from './debianPackages.js';
import { type InitramfsFile, initramfs } from './initramfs.js';
import { runWell } from './program.js';

/** What QEMU takes as -kernel and -initrd. */
export interface Guest {
  readonly kernel: string;
  readonly initrd: string;
}

const SOURCES = fileURLToPath(new URL('../init/', import.meta.url));
const META_PACKAGE = 'linux-image-cloud-amd64';
const COMPILE = ['-static', '-O2', '-Wall', '-Wextra', '-Werror', '-pthread', '-s'];
/** As init/init.c loads them; ext4 and the serial port are built in. */
const MODULES = [
  ...['virtio_ring', 'virtio', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci'],
  ...['virtio_blk', 'failover', 'net_failover', 'virtio_net'],
];
/** Part of the key: to be raised when the way changes in which the same inputs are put together. */
const RECIPE = 1;

/**
 * Builds the guest, or finds it built. Several processes may do so at once.
 *
 * @throws GodwitError E_USAGE where apt knows no kernel, E_INTERNAL with what a program said that failed
 */
export async function buildGuest(): Promise<Guest> {
  const kernel = await packageBehind(META_PACKAGE);
  if (kernel === undefined) throw refusal(`apt knows no ${META_PACKAGE}: has apt-get update been run?`);
  const cache = await ownFolder(join(tmpdir(), `godwit-guest-${process.getuid?.() ?? 0}`));
  const folder = join(cache, await keyOf(kernel));
  if (!existsSync(folder)) await build(kernel, cache, folder);
  return { kernel: join(folder, 'kernel'), initrd: join(folder, 'initrd') };
}

/** In a folder for all, one that nobody else has made and filled. */
async function ownFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) throw refusal(`${path} belongs to somebody else`);
  await chmod(path, 0o700);
  return path;
}

async function sourceNames(): Promise<string[]> {
  return (await readdir(SOURCES)).filter((name) => /\.[ch]$/.test(name)).sort();
}

async function keyOf(kernel: DebianPackage): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([RECIPE, kernel, COMPILE, MODULES]));
  for (const name of await sourceNames()) hash.update(`\0${name}\0`).update(await readFile(join(SOURCES, name)));
  return hash.digest('hex').slice(0, 16);
}

/** Made beside its place and moved there whole; who comes second takes what is there. */
async function build(kernel: DebianPackage, cache: string, folder: string): Promise<void> {
  const work = await mkdtemp(join(cache, 'making-'));
  try {
    const made = join(work, 'made');
    await mkdir(made);
    await unpack(kernel, work);
    const version = kernel.name.replace(/^linux-image-/, '');
    await copyFile(unpackedIn(work, 'boot', `vmlinuz-${version}`), join(made, 'kernel'));
    const init = join(work, 'init');
    const sources = (await sourceNames()).filter((name) => name.endsWith('.c')).map((name) => join(SOURCES, name));
    await runWell('gcc', [...COMPILE, '-o', init, ...sources]);
    await writeFile(join(made, 'initrd'), initramfs(await filesOf(init, unpackedIn(work, 'lib', 'modules', version))));
    await rename(made, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function filesOf(init: string, modules: string): Promise<InitramfsFile[]> {
  const found = (await readdir(modules, { recursive: true })).filter((path) => path.endsWith('.ko'));
  const drivers = MODULES.map(async (name) => {
    const path = found.find((candidate) => basename(candidate) === `${name}.ko`);
    if (path === undefined) throw refusal(`the kernel's package has no ${name}.ko`);
    return { path: `modules/${name}.ko`, content: await readFile(join(modules, path)), mode: 0o644 };
  });
  return [
    { path: 'dev', mode: 0o755 },
    { path: 'modules', mode: 0o755 },
    ...(await Promise.all(drivers)),
    { path: 'init', content: await readFile(init), mode: 0o755 },
  ];
}

function refusal(problem: string): GodwitError {
  return new GodwitError('E_USAGE', { problem });
}
