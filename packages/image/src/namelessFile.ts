import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A scratch file that no crash leaves behind: its name is gone before it is used. As long as it is open it can be opened
 * again by `path` (proc(5), /proc/self/fd; Linux).
 */
export class NamelessFile {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Of `sizeBytes`, with `contents` at its start. Throws what the file system does. */
  static create(sizeBytes: number, contents: Uint8Array = new Uint8Array(0)): NamelessFile {
    const folder = mkdtempSync(join(tmpdir(), 'godwit-scratch-'));
    try {
      const fd = openSync(join(folder, 'file'), 'wx+', 0o600);
      ftruncateSync(fd, sizeBytes);
      writeSync(fd, contents, 0, contents.length, 0);
      return new NamelessFile(fd);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  get path(): string {
    return `/proc/self/fd/${this.#fd}`;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
