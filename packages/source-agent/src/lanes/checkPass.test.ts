import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REGION_BYTES } from '../rounds/workList.js';
import { fakeLane } from '../testing/fakeLane.js';
import { blocksOf } from '../testing/mapContents.js';
import { blocksIn, isZeroBlock, mixed, runsOf, stretches } from '../testing/mixedImage.js';
import { scratchImages } from '../testing/scratchImage.js';
import { CheckPass } from './checkPass.js';
import { LaneImage } from './laneImage.js';
import { PIECE_BYTES } from './pieces.js';

const KIBIBYTE = 1024;
const image = scratchImages();

describe.each([4, 64, 256, 1024])('a check over blocks of %d KiB', (kibibytes) => {
  const blockBytes = kibibytes * KIBIBYTE;

  it('asks for each block once: its digest, or that it is zero', async () => {
    const property = fc.asyncProperty(stretches(blockBytes), fc.integer({ min: 1, max: 9 }), async (content, room) => {
      const { bytes, pieces, wanted } = mixed(content, blockBytes);
      const live = image(bytes.length, blockBytes, pieces);
      for (const block of wanted) live.maps.checking.setRange(block, 1);
      const slotBytes = Math.max(PIECE_BYTES, blockBytes);
      const lane = await fakeLane({ windowBytes: 4 * KIBIBYTE, slotBytes, room });
      const source = new LaneImage(0, live.handle());
      const regions = Math.ceil(bytes.length / REGION_BYTES);
      await new CheckPass({ ...lane, scrub: undefined }).item(source, {
        image: 0,
        firstRegion: 0,
        regions,
        hole: false,
      });
      source.file.closeSync();
      await lane.window.emptied();

      const asked: number[] = [];
      for (const { type, header, payload } of lane.socket.frames) {
        const { offset = -1, length = 0 } = header;
        const blocks = blocksIn(live, offset, length);
        asked.push(...blocks);
        if (type === 'CheckZero') {
          expect(blocks.every((block) => isZeroBlock(bytes, block, blockBytes))).toBe(true);
          continue;
        }
        expect(type).toBe('Check');
        const digests = blocks.map((block) => {
          const digest = Buffer.alloc(8);
          digest.writeBigUInt64LE(lane.encoder.digest(bytes.subarray(block * blockBytes, (block + 1) * blockBytes)));
          return digest;
        });
        expect(payload.equals(Buffer.concat(digests)), `digests at ${offset}`).toBe(true);
        expect(length).toBeLessThanOrEqual(REGION_BYTES);
      }
      expect(asked.sort((one, other) => one - other)).toEqual(wanted);
      const zeros = wanted.filter((block) => isZeroBlock(bytes, block, blockBytes));
      expect(lane.socket.frames.filter(({ type }) => type === 'CheckZero').length).toBe(runsOf(zeros));
    });
    await fc.assert(property, { numRuns: 25 });
  });
});

describe('an item that was planned as a hole', () => {
  const SIZE = 3 * REGION_BYTES + 5000;

  async function askedOf(data: number | undefined): Promise<{ asked: unknown[]; unproven: number[] }> {
    const pieces = data === undefined ? [] : [{ offset: data, bytes: Buffer.alloc(4096, 1) }];
    const live = image(SIZE, 4096, pieces);
    live.maps.checking.setRange(0, live.maps.blocks);
    const lane = await fakeLane({ windowBytes: 1024 * KIBIBYTE, slotBytes: PIECE_BYTES });
    const source = new LaneImage(0, live.handle());
    await new CheckPass({ ...lane, scrub: undefined }).item(source, {
      image: 0,
      firstRegion: 0,
      regions: 4,
      hole: true,
    });
    source.file.closeSync();
    await lane.window.emptied();
    return {
      asked: lane.socket.frames.map(({ type, header: { offset, length } }) => [type, offset, length]),
      unproven: blocksOf(live.maps.unproven),
    };
  }

  it('is one question', async () => {
    expect(await askedOf(undefined)).toEqual({ asked: [['CheckZero', 0, SIZE]], unproven: [] });
  });

  it('leaves to the next check what has data by now', async () => {
    const at = 2 * REGION_BYTES;
    expect(await askedOf(at)).toEqual({
      asked: [
        ['CheckZero', 0, at],
        ['CheckZero', at + 4096, SIZE - at - 4096],
      ],
      unproven: [at / 4096],
    });
  });
});
