import { closeSync, copyFileSync, openSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeEmptyImage, makeMixedImage, makeRandomImage, makeSparseImage } from './imageFiles.js';
import { allocatedBytesOf, dataRangesOf, sparseDigestOf } from './sparseFile.js';
import { stageForTest } from './testStage.js';

const MEBIBYTE = 1024 * 1024;

function writeAt(path: string, offset: number, bytes: Uint8Array): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
}

describe('sparse files', () => {
  it('of 1 TiB are hashed by their data alone', () => {
    const stage = stageForTest();
    const path = stage.path('huge');
    makeSparseImage(path, 1024 ** 4, 4 * MEBIBYTE);
    expect(dataRangesOf(path).reduce((sum, { length }) => sum + length, 0)).toBe(4 * MEBIBYTE);
    expect(allocatedBytesOf(path)).toBe(4 * MEBIBYTE);
    const before = sparseDigestOf(path);
    writeAt(path, 512 * 1024 ** 3 + 5, Buffer.from([1]));
    expect(sparseDigestOf(path)).not.toBe(before);
  });

  it('hash equal whether zeros are written or a hole', () => {
    const stage = stageForTest();
    makeEmptyImage(stage.path('hole'), 3 * MEBIBYTE + 1);
    makeEmptyImage(stage.path('zeros'), 3 * MEBIBYTE + 1);
    writeAt(stage.path('zeros'), 0, Buffer.alloc(2 * MEBIBYTE));
    expect(allocatedBytesOf(stage.path('zeros'))).toBeGreaterThan(allocatedBytesOf(stage.path('hole')));
    expect(sparseDigestOf(stage.path('zeros'))).toBe(sparseDigestOf(stage.path('hole')));
  });

  it('hash different for another size, another place, one other bit', () => {
    const stage = stageForTest();
    makeMixedImage(stage.path('a'), 4 * MEBIBYTE + 3);
    copyFileSync(stage.path('a'), stage.path('b'));
    expect(sparseDigestOf(stage.path('b'))).toBe(sparseDigestOf(stage.path('a')));
    writeAt(stage.path('b'), 4 * MEBIBYTE + 2, Buffer.from([0xee]));
    expect(sparseDigestOf(stage.path('b'))).not.toBe(sparseDigestOf(stage.path('a')));
    makeEmptyImage(stage.path('short'), MEBIBYTE);
    makeEmptyImage(stage.path('long'), MEBIBYTE + 1);
    expect(sparseDigestOf(stage.path('short'))).not.toBe(sparseDigestOf(stage.path('long')));
  });

  it('are made of the shares that were asked for', () => {
    const stage = stageForTest();
    makeMixedImage(stage.path('mixed'), 64 * MEBIBYTE);
    makeRandomImage(stage.path('random'), MEBIBYTE + 1);
    expect(allocatedBytesOf(stage.path('mixed'))).toBe(64 * MEBIBYTE);
    expect(allocatedBytesOf(stage.path('random'))).toBeGreaterThan(MEBIBYTE);
  });
});
