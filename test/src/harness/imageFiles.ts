import { closeSync, copyFileSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { SeededRandom } from '../oracle/seededRandom.js';

const MEBIBYTE = 1024 * 1024;

const TEXT_PAGES = 16;
const VOCABULARY = 2048;
const PHRASES = 512;

/** What fills a stretch of an image. */
type Filling = 'zeros' | 'binaries' | 'random';

/** Shares of a mixed image, in percent (facts/peers.md, "m"). */
const MIX: readonly (readonly [Filling, number])[] = [
  ['zeros', 40],
  ['binaries', 40],
  ['random', 20],
];

/** A file of that size that is one hole, or nothing at all for 0 bytes. */
export function makeEmptyImage(path: string, sizeBytes: number): void {
  withNewFile(path, (fd) => ftruncateSync(fd, sizeBytes));
}

/** Random bytes throughout; nothing compresses and nothing is zero. */
export function makeRandomImage(path: string, sizeBytes: number, seed = 1): void {
  const random = new SeededRandom(seed);
  withNewFile(path, (fd) => fillStretches(fd, sizeBytes, () => 'random', random));
}

/** 40% written zeros, 40% of program code, 20% random, in shuffled stretches of 1 MiB. */
export function makeMixedImage(path: string, sizeBytes: number, seed = 1): void {
  const random = new SeededRandom(seed);
  withNewFile(path, (fd) => fillStretches(fd, sizeBytes, () => drawFilling(random), random));
}

/** Phrases of a small vocabulary in random order, common ones often: as logs and sources are, about 3 to 1 for lz4. */
export function makeTextImage(path: string, sizeBytes: number, seed = 1): void {
  const random = new SeededRandom(seed);
  const pages = Array.from({ length: TEXT_PAGES }, () => pageOfText(random));
  withNewFile(path, (fd) => {
    for (let offset = 0; offset < sizeBytes; offset += MEBIBYTE) {
      // Pages repeat, but farther apart than lz4 looks, and never from the same byte on.
      const page = pages[random.below(TEXT_PAGES)] ?? Buffer.alloc(MEBIBYTE);
      const turn = random.below(MEBIBYTE);
      const stretch = Buffer.concat([page.subarray(turn), page.subarray(0, turn)]);
      writeSync(fd, stretch, 0, Math.min(MEBIBYTE, sizeBytes - offset), offset);
    }
  });
}

/** A hole of `sizeBytes` with `dataBytes` of random data in 1 MiB stretches spread over it, first and last included. */
export function makeSparseImage(path: string, sizeBytes: number, dataBytes: number, seed = 1): void {
  const random = new SeededRandom(seed);
  const stretches = Math.max(2, Math.round(dataBytes / MEBIBYTE));
  const spacing = Math.floor((sizeBytes - MEBIBYTE) / (stretches - 1) / 4096) * 4096;
  withNewFile(path, (fd) => {
    ftruncateSync(fd, sizeBytes);
    const stretch = new Uint8Array(MEBIBYTE);
    for (let index = 0; index < stretches; index++) {
      random.fill(stretch);
      const last = index === stretches - 1;
      writeSync(fd, stretch, 0, MEBIBYTE, last ? sizeBytes - MEBIBYTE : index * spacing);
    }
  });
}

/** What the image held before the first write, kept for the oracle. */
export function keepCopy(path: string, copy: string): string {
  copyFileSync(path, copy);
  return copy;
}

function withNewFile(path: string, fill: (fd: number) => void): void {
  const fd = openSync(path, 'wx');
  try {
    fill(fd);
  } finally {
    closeSync(fd);
  }
}

function pageOfText(random: SeededRandom): Buffer {
  const words = Array.from({ length: VOCABULARY }, () => {
    const letters = Array.from({ length: 2 + random.below(9) }, () => 97 + random.below(26));
    return String.fromCharCode(...letters);
  });
  const word = (): string => words[random.below(VOCABULARY)] ?? '';
  const phrases = Array.from({ length: PHRASES }, () => Array.from({ length: 3 + random.below(6) }, word).join(' '));
  const text: string[] = [];
  for (let length = 0; length < MEBIBYTE; ) {
    // Squared: the first phrases come up most. A word of its own between them, as a name or a number would be.
    const part = `${phrases[Math.floor(random.unit() ** 2 * PHRASES)] ?? ''} ${word()}`;
    text.push(part);
    length += part.length + 1;
  }
  return Buffer.from(text.join(' ').padEnd(MEBIBYTE), 'latin1').subarray(0, MEBIBYTE);
}

function drawFilling(random: SeededRandom): Filling {
  let point = random.below(100);
  for (const [filling, percent] of MIX) {
    if (point < percent) return filling;
    point -= percent;
  }
  return 'random';
}

function fillStretches(fd: number, sizeBytes: number, fillingOf: () => Filling, random: SeededRandom): void {
  const stretch = new Uint8Array(MEBIBYTE);
  const program = openSync(process.execPath, 'r');
  try {
    for (let offset = 0; offset < sizeBytes; offset += MEBIBYTE) {
      const filling = fillingOf();
      if (filling === 'zeros') stretch.fill(0);
      else if (filling === 'random') random.fill(stretch);
      else readSync(program, stretch, 0, MEBIBYTE, random.below(80) * MEBIBYTE);
      writeSync(fd, stretch, 0, Math.min(MEBIBYTE, sizeBytes - offset), offset);
    }
    ftruncateSync(fd, sizeBytes);
  } finally {
    closeSync(program);
  }
}
