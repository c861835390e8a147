import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

type Random = (bound: number) => number;

const KINDS = ['hole', 'zeros', 'text', 'noise', 'sprinkle'] as const;

/** Bytes of a kind: nothing, written zeros, compressible, not compressible, or a few bytes in zeros. */
export function bytesOfKind(kind: (typeof KINDS)[number], length: number, random: Random): Buffer {
  if (kind === 'text') return Buffer.alloc(length, `line ${random(1000)} of a log that repeats itself; `);
  const bytes = Buffer.alloc(length);
  if (kind === 'noise') for (let at = 0; at < length; at++) bytes[at] = random(256);
  if (kind === 'sprinkle') for (let left = 1 + random(8); left > 0; left--) bytes[random(length)] = 1 + random(255);
  return bytes;
}

export function anyKind(random: Random): (typeof KINDS)[number] {
  return KINDS[random(KINDS.length)] ?? 'text';
}

/** A file of pieces of every kind, cut at any byte. */
export function makeMixedFile(path: string, size: number, random: Random): void {
  const fd = openSync(path, 'w');
  ftruncateSync(fd, size);
  for (let at = 0; at < size; ) {
    const length = Math.min(size - at, 1 + random(random(3) === 0 ? 400_000 : 20_000));
    const kind = anyKind(random);
    if (kind !== 'hole') writeSync(fd, bytesOfKind(kind, length, random), 0, length, at);
    at += length;
  }
  closeSync(fd);
}
