/** A file of an initramfs: what the kernel unpacks before there is any disk. */
export interface InitramfsFile {
  /** Without a slash at its beginning; folders come before what is in them. */
  readonly path: string;
  /** None for a folder. */
  readonly content?: Uint8Array;
  readonly mode: number;
}

const MAGIC = '070701';
const ALIGN_BYTES = 4;
const FOLDER = 0o040000;
const REGULAR = 0o100000;
const TRAILER = 'TRAILER!!!';

/**
 * The archive, in the format `newc` of cpio (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). It is
 * the same for the same files, and no program or right is needed to make it.
 */
export function initramfs(files: readonly InitramfsFile[]): Buffer {
  const entries = files.map((file, index) => entry(file, index + 1));
  return Buffer.concat([...entries, entry({ path: TRAILER, content: new Uint8Array(), mode: 0 }, 0)]);
}

function entry({ path, content, mode }: InitramfsFile, inode: number): Buffer {
  const name = Buffer.from(`${path}\0`);
  const kind = path === TRAILER ? 0 : content === undefined ? FOLDER : REGULAR;
  const bytes = content ?? new Uint8Array();
  // ino, mode, uid, gid, nlink, mtime, filesize, dev major and minor, rdev major and minor, namesize, check
  const fields = [inode, kind | mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join(''));
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(bytes)]);
}

function padded(bytes: Uint8Array): Buffer {
  const room = Buffer.alloc(Math.ceil(bytes.length / ALIGN_BYTES) * ALIGN_BYTES);
  room.set(bytes);
  return room;
}
