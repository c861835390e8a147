import { describe, expect, it } from 'vitest';
import { scanOracle, scanRunningOracle } from './scanOracle.js';

const PAGE_BYTES = 4096;
const PAGES = 512;
const OFFSET_BYTES = 3 * PAGE_BYTES;

/** Memory of 2 MiB of which the first pages are one pass ahead, in an image that holds other things before it. */
function memoryAt(passes: number, aheadPages: number): Buffer {
  const image = Buffer.alloc(OFFSET_BYTES + PAGES * PAGE_BYTES, 0xee);
  for (let page = 0; page < PAGES; page++) {
    const at = OFFSET_BYTES + page * PAGE_BYTES;
    image.writeUInt8((passes + (page < aheadPages ? 1 : 0)) % 256, at);
    image.write('godwitpg', at + 8, 'latin1');
    image.writeBigUInt64LE(BigInt(page), at + 16);
  }
  return image;
}

function scan(image: Buffer): ReturnType<typeof scanOracle> {
  return scanOracle(image, OFFSET_BYTES, 2);
}

function page(image: Buffer, index: number): Buffer {
  const at = OFFSET_BYTES + index * PAGE_BYTES;
  return image.subarray(at, at + PAGE_BYTES);
}

describe('memory of a machine that stood still', () => {
  it('is sound within a pass and between two', () => {
    expect(scan(memoryAt(4, 200))).toEqual({ findings: [], edgePage: 200, counter: 5 });
    expect(scan(memoryAt(4, 0))).toEqual({ findings: [], edgePage: undefined, counter: 4 });
  });

  it('is sound where the counters turn over', () => {
    expect(scan(memoryAt(255, 17))).toEqual({ findings: [], edgePage: 17, counter: 0 });
  });
});

describe('memory that was doctored', () => {
  it('has a page that is older', () => {
    const image = memoryAt(4, 200);
    page(image, 100).writeUInt8(4, 0);
    expect(scan(image).findings[0]).toBe('page 101 is at 5, the one before it at 4');
  });

  it('has a page that is newer', () => {
    const image = memoryAt(4, 200);
    page(image, 300).writeUInt8(5, 0);
    expect(scan(image).findings[0]).toBe('page 300 is at 5, the one before it at 4');
  });

  it('has an old end, and so a second edge', () => {
    const image = memoryAt(4, 200);
    for (let index = 400; index < PAGES; index++) page(image, index).writeUInt8(3, 0);
    expect(scan(image).findings).toEqual(['page 400 is at 3, a second edge after that at page 200']);
  });

  it('has two pages in each other’s place', () => {
    const image = memoryAt(4, 200);
    const kept = Buffer.from(page(image, 7));
    page(image, 8).copy(page(image, 7));
    kept.copy(page(image, 8));
    expect(scan(image).findings).toEqual(['page 7 says that it is page 8', 'page 8 says that it is page 7']);
  });

  it('has a page of zeros', () => {
    const image = memoryAt(4, 200);
    page(image, 0).fill(0);
    expect(scan(image).findings[0]).toBe("page 0 is none of the oracle's");
  });

  it('ends too early', () => {
    expect(() => scanOracle(memoryAt(4, 200), OFFSET_BYTES, 3)).toThrow("within the oracle's memory");
  });
});

describe('memory of a machine that runs on', () => {
  const place = { offsetBytes: OFFSET_BYTES, sizeMiB: 2 };

  it('may be of several moments, but not of one before or after', () => {
    const image = memoryAt(255, 200);
    page(image, 100).writeUInt8(1, 0);
    page(image, 300).writeUInt8(2, 0);
    expect(scanRunningOracle(image, { from: 255, to: 258 }, place)).toEqual([]);
    expect(scanRunningOracle(image, { from: 255, to: 257 }, place)).toEqual(['page 300 is at 2']);
    page(image, 7).writeUInt8(254, 0);
    expect(scanRunningOracle(image, { from: 255, to: 258 }, place)).toEqual(['page 7 is at 254']);
  });

  it('has no page that was lost or lies elsewhere', () => {
    const image = memoryAt(4, 0);
    page(image, 9).copy(page(image, 8));
    page(image, 20).fill(0);
    expect(scanRunningOracle(image, { from: 4, to: 5 }, place)).toEqual([
      'page 8 says that it is page 9',
      "page 20 is none of the oracle's",
    ]);
  });
});
