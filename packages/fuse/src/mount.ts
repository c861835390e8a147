import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { closeDescriptor, receiveDescriptor, socketPair } from '@godwit/native';
import { DATA_BYTES } from './protocol.js';

/** What the table of mounts says is mounted there. */
const SOURCE = 'godwit';
/** The kernel's own limit counts pages, which may be larger than 4 KiB; and it takes an answer that is short for the file's end. */
const LIMITS = `max_read=${DATA_BYTES}`;

/**
 * Mounts a regular file over a regular file, and returns the descriptor of /dev/fuse by which it is served. Root does it by mount(8), others
 * by fusermount3, which may. Only processes of the same user see the file.
 *
 * @throws Error that says what could not be done
 */
export function mountFile(mountPoint: string): Promise<number> {
  return process.getuid?.() === 0 ? mountAsRoot(mountPoint) : mountByHelper(mountPoint);
}

async function mountAsRoot(mountPoint: string): Promise<number> {
  const fd = openSync('/dev/fuse', 'r+');
  try {
    // -i: by mount(8) itself. rootmode: S_IFREG.
    const options = `fd=3,rootmode=100000,user_id=0,group_id=0,nosuid,nodev,${LIMITS}`;
    await run('mount', ['-i', '-t', 'fuse', '-o', options, SOURCE, mountPoint], fd);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** fusermount3 opens the device itself, and sends the descriptor over the socket that _FUSE_COMMFD names (libfuse's lib/mount_util.c). */
async function mountByHelper(mountPoint: string): Promise<number> {
  const [here, there] = socketPair();
  let isThereOpen = true;
  try {
    const args = ['-o', `rw,nosuid,nodev,fsname=${SOURCE},${LIMITS}`, '--', mountPoint];
    await run('fusermount3', args, there, { _FUSE_COMMFD: '3' });
    // Or nothing would be waited for without an end where nothing was sent.
    closeDescriptor(there);
    isThereOpen = false;
    return receiveDescriptor(here);
  } finally {
    closeDescriptor(here);
    if (isThereOpen) closeDescriptor(there);
  }
}

/** With a descriptor as its third. */
async function run(program: string, args: readonly string[], fd: number, more: Record<string, string> = {}) {
  const env = { ...process.env, LC_ALL: 'C', ...more };
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', fd], env });
  let words = '';
  child.stderr?.on('data', (part: Buffer) => {
    words = (words + part.toString('utf8')).slice(-1000);
  });
  const [code]: unknown[] = await once(child, 'close');
  if (code !== 0) throw new Error(words.trim() === '' ? `${program} ended with code ${String(code)}` : words.trim());
}
