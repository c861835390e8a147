import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';

/**
 * What keeping a record asks of a file system; a test stands in for it. Synchronous: records are written
 * in the pause, where trips through the thread pool of a busy process take longer than the calls.
 */
export interface RecordDisk {
  read(path: string): Buffer;
  /** Makes the file, or empties it, for its owner alone. */
  create(path: string): number;
  /** All of `bytes` at `offset`. */
  write(fd: number, bytes: Uint8Array, offset: number): void;
  /** fdatasync(2): what was written, and what is needed to find it again. */
  syncData(fd: number): void;
  /** fsync(2). */
  sync(fd: number): void;
  rename(from: string, to: string): void;
  syncFolder(path: string): void;
  /** What tells a file from others and from itself cut short; undefined when there is none at `file`. */
  identity(file: string | number): string | undefined;
  close(fd: number): void;
}

export const systemDisk: RecordDisk = {
  read: (path) => readFileSync(path),
  create: (path) => openSync(path, 'w', 0o600),
  write(fd, bytes, offset) {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
    }
  },
  syncData: fdatasyncSync,
  sync: fsyncSync,
  rename: renameSync,
  syncFolder(path) {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  },
  identity(file) {
    const found = typeof file === 'number' ? fstatSync(file) : statSync(file, { throwIfNoEntry: false });
    return found && identityOf(found);
  },
  close: closeSync,
};

function identityOf({ dev, ino, size }: Stats): string {
  return `${dev}:${ino}:${size}`;
}
