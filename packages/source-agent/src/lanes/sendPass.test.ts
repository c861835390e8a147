import { Encoding, LIMITS } from '@godwit/protocol';
import fc from 'fast-check';
import { uncompressSync } from 'lz4-napi';
import { describe, expect, it } from 'vitest';
import { REGION_BYTES, type WorkItem } from '../rounds/workList.js';
import { fakeLane, type SentRun } from '../testing/fakeLane.js';
import { blocksIn, isZeroBlock, mixed, runsOf, stretches } from '../testing/mixedImage.js';
import { scratchImages } from '../testing/scratchImage.js';
import type { EncodingMode } from './encodingChoice.js';
import { LaneCounters, type LaneTotals } from './laneCounters.js';
import { LaneImage } from './laneImage.js';
import { PIECE_BYTES } from './pieces.js';
import { SendPass } from './sendPass.js';

const KIBIBYTE = 1024;
const image = scratchImages();
const modes = fc.constantFrom<EncodingMode>('auto', 'raw', 'lz4');
const ROUND = 5;

function totalsOf(counters: LaneCounters): LaneTotals {
  const totals = LaneCounters.zero();
  counters.addTo(totals);
  return totals;
}

function itemOf(regions: number): WorkItem {
  return { image: 0, firstRegion: 0, regions, hole: false };
}

/** The raw bytes of an extent, as its header promises them. */
function rawOf({ header, payload }: SentRun): Buffer {
  return header.encoding === Encoding.lz4 ? uncompressSync(payload) : payload;
}

describe.each([4, 64, 256, 1024])('a pass over blocks of %d KiB', (kibibytes) => {
  const blockBytes = kibibytes * KIBIBYTE;

  it('sends each block in flight once, zeros as such, with its bytes and their hash', async () => {
    const property = fc.asyncProperty(
      stretches(blockBytes),
      modes,
      fc.integer({ min: 1, max: 9 }),
      async (content, encoding, room) => {
        const { bytes, pieces, wanted } = mixed(content, blockBytes);
        const live = image(bytes.length, blockBytes, pieces);
        for (const block of wanted) live.maps.inFlight.setRange(block, 1);
        const slotBytes = Math.max(PIECE_BYTES, blockBytes);
        const lane = await fakeLane({ windowBytes: 2 * slotBytes, slotBytes, room, encoding });
        const source = new LaneImage(0, live.handle());
        await new SendPass(lane, ROUND).item(source, itemOf(Math.ceil(bytes.length / REGION_BYTES)));
        await lane.window.emptied();
        source.file.closeSync();

        const sent: number[] = [];
        for (const frame of lane.socket.frames) {
          const { offset = -1, rawBytes = 0, length = rawBytes, hashLow = 0, hashHigh = 0, round } = frame.header;
          expect(round).toBe(ROUND);
          const expected = bytes.subarray(offset, offset + length);
          sent.push(...blocksIn(live, offset, length));
          if (frame.type === 'Zero') {
            expect(expected.every((byte) => byte === 0)).toBe(true);
            continue;
          }
          expect(frame.type).toBe('Extent');
          expect(length).toBeLessThanOrEqual(Math.max(PIECE_BYTES, blockBytes));
          expect(rawOf(frame).equals(expected), `bytes at ${offset}`).toBe(true);
          expect((BigInt(hashHigh) << 32n) | BigInt(hashLow)).toBe(lane.encoder.digest(expected));
          expect(blocksIn(live, offset, length).some((block) => isZeroBlock(bytes, block, blockBytes))).toBe(false);
        }
        expect(sent.sort((one, other) => one - other)).toEqual(wanted);
        const seqs = lane.socket.frames.map(({ header }) => header.seq);
        expect(seqs).toEqual(seqs.map((_, index) => index + 1));
        // One frame for each stretch of zeros.
        const zeros = wanted.filter((block) => isZeroBlock(bytes, block, blockBytes));
        expect(lane.socket.frames.filter(({ type }) => type === 'Zero').length).toBe(runsOf(zeros));
        const totals = totalsOf(lane.counters);
        expect([totals.wireBytes, totals.normalBytes + totals.zeroBytes]).toEqual([
          lane.socket.sentBytes,
          wanted.reduce((sum, block) => sum + Math.min(blockBytes, bytes.length - block * blockBytes), 0),
        ]);
        expect(lane.socket.mostBytes).toBeLessThanOrEqual(2 * slotBytes);
        if (encoding === 'raw') expect(totals.lz4Bytes).toBe(0);
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });
});

it('compresses what it can where it is to', async () => {
  const bytes = Buffer.alloc(LIMITS.extentBytes, 'text of a kind; ');
  const live = image(bytes.length, 64 * KIBIBYTE, [{ offset: 0, bytes }]);
  live.maps.inFlight.setRange(0, live.maps.blocks);
  const lane = await fakeLane({ windowBytes: LIMITS.windowBytes, slotBytes: PIECE_BYTES, encoding: 'lz4' });
  const source = new LaneImage(0, live.handle());
  await new SendPass(lane, ROUND).item(source, itemOf(1));
  source.file.closeSync();
  expect(totalsOf(lane.counters)).toMatchObject({ lz4Bytes: bytes.length, normalBytes: bytes.length });
  expect(lane.socket.sentBytes).toBeLessThan(bytes.length / 10);
});
