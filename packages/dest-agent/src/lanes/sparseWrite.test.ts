import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RawFile } from '@godwit/image';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scratchFolder } from '../testing/scratchFolder.js';
import { writeSparse } from './sparseWrite.js';

const PAGE = 4096;
const path = join(scratchFolder(), 'image');
let file: RawFile;

function fresh(size: number, fill: number): void {
  writeFileSync(path, Buffer.alloc(size, fill));
  if (fill === 0) {
    truncateSync(path, 0);
    truncateSync(path, size);
  }
  file = RawFile.open(path);
}
beforeEach(() => fresh(0, 0));
afterEach(() => file.closeSync());

/** Pages as the letters say: z zero, d data, l data in the last byte alone. */
function pages(letters: string, tailBytes = 0): Buffer {
  const bytes = Buffer.alloc(letters.length * PAGE + tailBytes);
  for (const [index, letter] of letters.split('').entries()) {
    if (letter === 'd') bytes.fill(7, index * PAGE, (index + 1) * PAGE);
    if (letter === 'l') bytes[(index + 1) * PAGE - 1] = 1;
  }
  return bytes;
}

describe('writeSparse', () => {
  it('writes what it was given, over anything, and nothing beside it', () => {
    const letters = fc.string({ unit: fc.constantFrom('z', 'd', 'l'), maxLength: 12 });
    const property = fc.property(
      letters,
      fc.nat(PAGE - 1),
      fc.nat(3),
      fc.constantFrom(0, 9),
      (kinds, tailBytes, before, fill) => {
        const bytes = pages(kinds, tailBytes);
        if (bytes.length === 0) return;
        const offset = before * PAGE;
        file.closeSync();
        fresh(offset + bytes.length + PAGE, fill);
        writeSparse(file, bytes, offset);
        const expected = Buffer.concat([Buffer.alloc(offset, fill), bytes, Buffer.alloc(PAGE, fill)]);
        expect(readFileSync(path).equals(expected)).toBe(true);
      },
    );
    fc.assert(property);
  });

  it('leaves holes where pages are zero, also where data was', () => {
    fresh(8 * PAGE, 0);
    writeSparse(file, pages('zdzzdzzz'), 0);
    expect(statSync(path).blocks * 512).toBe(2 * PAGE);
    writeSparse(file, pages('dddddddd'), 0);
    expect(statSync(path).blocks * 512).toBe(8 * PAGE);
    writeSparse(file, pages('zzzlzzzz'), 0);
    expect(statSync(path).blocks * 512).toBe(PAGE);
  });
});
