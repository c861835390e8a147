import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { FuseFile, type FuseFileOptions } from '../fuseFile.js';

export const MIB = 1024 * 1024;
const run = promisify(execFile);

/** A folder that is gone when the test is over. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-fuse-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Whatever touches the file is a process of its own: this one serves it. Answers what it wrote to stdout. */
export async function command(program: string, ...args: string[]): Promise<Buffer> {
  const { stdout } = await run(program, args, { encoding: 'buffer', maxBuffer: 64 * MIB });
  return stdout;
}

export interface Served {
  readonly path: string;
  readonly image: string;
  readonly file: FuseFile;
  /** Offset and length of each write so far. */
  readonly writes: [number, number][];
  readonly troubles: string[];
  /** Puts bytes into the image, behind the back of the file. */
  readonly change: (offset: number, bytes: Buffer) => Promise<void>;
}

/** An image of those bytes, served as a file until the test is over; give what differs. */
export async function served(content: Buffer, given: Partial<FuseFileOptions> = {}): Promise<Served> {
  const folder = scratch();
  const [path, image] = [join(folder, 'file'), join(folder, 'image')];
  writeFileSync(path, '');
  writeFileSync(image, content);
  const handle = await open(image, 'r+');
  onTestFinished(() => handle.close());
  const change = async (offset: number, bytes: Buffer) => void (await handle.write(bytes, 0, bytes.length, offset));
  const writes: [number, number][] = [];
  const troubles: string[] = [];
  const file = await FuseFile.mount({
    mountPoint: path,
    imagePath: image,
    size: content.length,
    write: async (offset, bytes) => {
      writes.push([offset, bytes.length]);
      await change(offset, bytes);
    },
    flush: async () => undefined,
    onTrouble: (problem) => troubles.push(problem),
    ...given,
  });
  onTestFinished(async () => {
    await command('umount', '--lazy', path);
    await file.ended;
  });
  return { path, image, file, writes, troubles, change };
}
