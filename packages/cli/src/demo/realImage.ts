import { execFile } from 'node:child_process';
import { copyFile, link, mkdir, open, opendir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemCodeOf } from '@godwit/errors';

/** How an image was made. */
export interface MadeImage {
  readonly kind: 'ext4' | 'archive';
  readonly files: number;
  readonly contentBytes: number;
}

interface FoundFile {
  readonly path: string;
  readonly bytes: number;
}

/** Share of the image that is filled with files; the rest stays a hole, as on a disk in use. */
const CONTENT_SHARE = 0.4;
const CONTENT_BYTES_MAXIMUM = 400 * 1024 * 1024;
/** More small files than that take mkfs longer than the migration takes. */
const FILES_MAXIMUM = 6000;

/**
 * Makes a sparse image of `imageBytes` with real files in it: an ext4 file system where mkfs.ext4 is
 * there, otherwise the same files one after the other behind headers (`mkfs` is what is run). The files are those at hand: the
 * node binary and what is installed beside this package. `stagingPath` is made and removed.
 */
export async function makeRealImage(
  imagePath: string,
  imageBytes: number,
  stagingPath: string,
  mkfs = 'mkfs.ext4',
): Promise<MadeImage> {
  const files = await findFiles(Math.min(CONTENT_BYTES_MAXIMUM, imageBytes * CONTENT_SHARE));
  const file = await open(imagePath, 'w');
  await file.truncate(imageBytes);
  await file.close();
  const contentBytes = files.reduce((sum, found) => sum + found.bytes, 0);
  const kind = (await makeFileSystem(imagePath, files, stagingPath, mkfs)) ? 'ext4' : 'archive';
  if (kind === 'archive') await writeArchive(imagePath, files);
  return { kind, files: files.length, contentBytes };
}

/** False when mkfs.ext4 is not there or cannot do it (`-d` came with e2fsprogs 1.43). */
async function makeFileSystem(
  imagePath: string,
  files: readonly FoundFile[],
  stagingPath: string,
  mkfs: string,
): Promise<boolean> {
  try {
    for (const [index, found] of files.entries()) {
      const folder = join(stagingPath, String(Math.floor(index / 200)));
      if (index % 200 === 0) await mkdir(folder, { recursive: true });
      const target = join(folder, `${index}-${found.path.split('/').at(-1) ?? ''}`);
      // A link costs nothing; another file system or another owner makes it a copy.
      await link(found.path, target).catch(async () => copyFile(found.path, target));
    }
    const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
    await promisify(execFile)(mkfs, ['-q', '-F', '-d', stagingPath, imagePath], { env });
    return true;
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOSPC') throw thrown;
    return false;
  } finally {
    await rm(stagingPath, { recursive: true, force: true });
  }
}

const HEADER_BYTES = 512;

async function writeArchive(imagePath: string, files: readonly FoundFile[]): Promise<void> {
  const image = await open(imagePath, 'r+');
  try {
    let position = 0;
    for (const found of files) {
      const header = Buffer.alloc(HEADER_BYTES);
      header.write(`${found.bytes} ${found.path}`.slice(0, HEADER_BYTES));
      await image.write(header, 0, HEADER_BYTES, position);
      const content = await readFile(found.path);
      await image.write(content, 0, content.length, position + HEADER_BYTES);
      position += HEADER_BYTES + Math.ceil(content.length / HEADER_BYTES) * HEADER_BYTES;
    }
  } finally {
    await image.close();
  }
}

/** Regular files of up to `budgetBytes` in all: the node binary, then what the node_modules above hold. */
async function findFiles(budgetBytes: number): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  let left = budgetBytes;
  for await (const path of candidates()) {
    if (files.length >= FILES_MAXIMUM || left < 4096) break;
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || !found.isFile() || found.size === 0 || found.size > left) continue;
    files.push({ path, bytes: found.size });
    // ext4 gives each file whole blocks and an inode.
    left -= Math.ceil(found.size / 4096) * 4096 + 512;
  }
  return files;
}

async function* candidates(): AsyncGenerator<string> {
  yield process.execPath;
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    yield* filesBelow(join(folder, 'node_modules'));
  }
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  const entries = await opendir(folder).catch(() => undefined);
  if (entries === undefined) return;
  for await (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}
