import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { bench, describe } from 'vitest';
import { ExtentDecoder } from '../../../../packages/dest-agent/dist/lanes/extentDecoder.js';
import { ExtentEncoder } from '../../../../packages/source-agent/dist/lanes/extentEncoder.js';
import { zeroRuns } from '../../../../packages/source-agent/dist/lanes/zeroRuns.js';
import { SeededRandom } from '../../oracle/seededRandom.js';

const EXTENT_BYTES = 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;
/** lz4-napi's results are memory that is freed when the loop turns (facts on libraries). */
const TURN_EVERY = 32;

const random = Buffer.alloc(EXTENT_BYTES);
new SeededRandom(1).fill(random);
const program = Buffer.from(readFileSync(process.execPath).subarray(32 * EXTENT_BYTES, 33 * EXTENT_BYTES));
const zeros = Buffer.alloc(EXTENT_BYTES);
const contents = [
  ['random', random],
  ['program code', program],
] as const;

const encoder = await ExtentEncoder.create();
const decoder = await ExtentDecoder.create();
const scratch = Buffer.alloc(EXTENT_BYTES);
let calls = 0;
const turn = async (): Promise<void> => {
  if (++calls % TURN_EVERY === 0) await setImmediate();
};

describe('an extent of 1 MiB', () => {
  bench('zero test of zeros', () => {
    for (const run of zeroRuns(zeros, BLOCK_BYTES)) if (!run.zero) throw new Error('zeros are zero');
  });
  bench('zero test of random bytes', () => {
    for (const run of zeroRuns(random, BLOCK_BYTES)) if (run.zero) throw new Error('they are not');
  });
  bench('xxh64', () => {
    encoder.digest(random);
  });
  for (const [what, raw] of contents) {
    bench(`encoded raw: ${what}`, () => {
      encoder.encode(raw, scratch, false);
    });
    bench(`encoded, lz4 where it pays: ${what}`, async () => {
      encoder.encode(raw, scratch);
      await turn();
    });
    const encoded = encoder.encode(raw, Buffer.alloc(EXTENT_BYTES));
    const { hashLow, hashHigh, encoding } = encoded;
    const header = { seq: 1, round: 1, image: 0, offset: 0, rawBytes: raw.length, encoding, hashLow, hashHigh };
    const payload = Buffer.from(encoded.payload);
    bench(`decoded and checked: ${what}`, async () => {
      decoder.decode(header, payload);
      await turn();
    });
  }
});
