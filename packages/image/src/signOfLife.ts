import { closeSync, fstatSync, futimesSync, openSync, statSync } from 'node:fs';
import type { RawFile } from './rawFile.js';

/** How old a sign of life is at most, but for a busy loop. */
export const SIGN_MS = 1000;
/** A write of its agent's last moments may be that much younger than the last sign. */
const LAST_MOMENTS_MS = 2000;

/**
 * A file whose time of change says when its agent was last alive: a later agent finds out whether somebody else has changed an
 * image since. A hint: what was changed within two seconds of the end, or behind the node of a block device, does not show.
 */
export class SignOfLife {
  readonly #fd: number;

  /** Makes the file if need be, and gives a first sign. @throws what the file system throws */
  constructor(path: string) {
    this.#fd = openSync(path, 'a', 0o600);
    this.give();
  }

  /** @throws what the file system throws */
  give(): void {
    const now = new Date();
    futimesSync(this.#fd, now, now);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** True when the file was changed after the last sign at `path`, or there is none. */
  static isOutlived(path: string, file: RawFile): boolean {
    const sign = statSync(path, { throwIfNoEntry: false });
    return sign === undefined || fstatSync(file.fd).mtimeMs > sign.mtimeMs + LAST_MOMENTS_MS;
  }
}
