import { readSync, writeSync } from 'node:fs';
import { systemCodeOf } from '@godwit/errors';

/** The next request, put into `target`; how long it is. Holds the thread until there is one. Undefined: nothing is mounted any more. */
export function readRequest(fd: number, target: Buffer): number | undefined {
  for (;;) {
    try {
      return readSync(fd, target, 0, target.length, null);
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === 'ENODEV') return undefined;
      // ENOENT: whoever asked has been interrupted before the request was read.
      if (code !== 'EINTR' && code !== 'EAGAIN' && code !== 'ENOENT') throw error;
    }
  }
}

/** A reply or a notification, whole. False where nobody waits for it any more. @throws Error what the kernel refuses */
export function sendWhole(fd: number, bytes: Buffer, length: number): boolean {
  for (;;) {
    try {
      return writeSync(fd, bytes, 0, length, null) === length;
    } catch (error) {
      const code = systemCodeOf(error);
      // ENOENT: whoever asked has been interrupted meanwhile. ENODEV: nothing is mounted any more.
      if (code === 'ENOENT' || code === 'ENODEV') return false;
      if (code !== 'EINTR' && code !== 'EAGAIN') throw error;
    }
  }
}
