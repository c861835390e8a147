import { closeSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs';
import { run, runWell } from './foreignCommand.js';
import type { Stage } from './stage.js';
import { requireRoot, requireThat, requireTool, type Skippable } from './tools.js';

const CHUNK = Buffer.alloc(64 * 1024, 0xa5);

/** A file system of its own (ext4 in a file) at `directory`, until the stage ends. Skips where no loop device is to be had. */
export async function mountSmallDisk(
  context: Skippable,
  stage: Stage,
  directory: string,
  sizeBytes: number,
): Promise<void> {
  requireRoot(context);
  for (const tool of ['mkfs.ext4', 'mount', 'umount']) requireTool(context, tool);
  const file = stage.path('small-disk');
  const fd = openSync(file, 'w');
  ftruncateSync(fd, sizeBytes);
  closeSync(fd);
  // Without the share that is kept for root, which the agent under test is.
  await runWell('mkfs.ext4', ['-q', '-F', '-m', '0', file]);
  const { code, stderr } = await run('mount', ['-o', 'loop', file, directory]);
  // An unprivileged container has no loop devices, whatever is installed in it; CI may be one.
  if (code !== 0) context.skip(`no loop device: ${stderr}`);
  stage.atEnd(async () => void (await run('umount', ['-l', directory])));
}

/** A file system in memory at `directory`, which `resizeTmpfs` makes larger or smaller, until the stage ends. */
export async function mountTmpfs(
  context: Skippable,
  stage: Stage,
  directory: string,
  sizeBytes: number,
): Promise<void> {
  requireRoot(context);
  for (const tool of ['mount', 'umount']) requireTool(context, tool);
  const { code, stderr } = await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', directory]);
  requireThat(context, code === 0, `nothing can be mounted: ${stderr}`);
  stage.atEnd(async () => void (await run('umount', ['-l', directory])));
}

export async function resizeTmpfs(directory: string, sizeBytes: number): Promise<void> {
  await runWell('mount', ['-o', `remount,size=${sizeBytes}`, directory]);
}

/** Writes to a new file until the disk is full. */
export function fillDisk(path: string): void {
  const fd = openSync(path, 'w');
  try {
    for (let length = CHUNK.length; length >= 512; length /= 2) {
      while (tryWrite(fd, length));
    }
  } finally {
    closeSync(fd);
  }
}

export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

function tryWrite(fd: number, length: number): boolean {
  try {
    return writeSync(fd, CHUNK, 0, length) > 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}
