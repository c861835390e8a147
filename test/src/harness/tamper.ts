import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** Changes 3 bytes of a file behind the back of every agent. */
export function tamper(path: string, offset: number): void {
  const fd = openSync(path, 'r+');
  try {
    const bytes = Buffer.alloc(3);
    readSync(fd, bytes, 0, 3, offset);
    writeSync(fd, Buffer.from(bytes.map((byte) => byte ^ 0x5a)), 0, 3, offset);
  } finally {
    closeSync(fd);
  }
}
