import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Puts a file into the place of another, or of none: whatever happens there is the whole of one of them. On disk when it returns. */
export function replaceFile(path: string, text: string, { onWritten = () => {} } = {}): void {
  const scratch = `${path}.new`;
  writeFileSync(scratch, text, { mode: 0o600, flush: true });
  onWritten();
  renameSync(scratch, path);
  syncFolderOf(path);
}

/** What was made, renamed or removed beside `path`, or it itself, stays so. */
export function syncFolderOf(path: string): void {
  const fd = openSync(dirname(path), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
