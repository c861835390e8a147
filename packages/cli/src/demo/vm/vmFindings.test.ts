import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findContinuity, findGone, findMemory, findRecords, pauseLines, vmVerdictLine } from './vmFindings.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-findings-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const ID = '6a2f6a0e-0c0b-4c6e-9f4c-0b3f6f5b7a11';
const BEFORE = { tick: 2, record: 5, passes: 3 };

function ticks(...numbers: readonly number[]) {
  return numbers.map((seq) => ({ seq, monotonicMs: seq * 10, boottimeMs: seq * 10, seenAtMs: seq * 10 }));
}

describe('the guest went on', () => {
  it('is proven by one boot and a counter without a gap', () => {
    const finding = findContinuity({ bootIds: [ID], ticks: ticks(1, 2, 3, 4) }, BEFORE);
    expect(finding.proven).toBe(true);
    expect(finding.text).toContain('the counter went on from 2 to 4');
  });

  it('is not where it was booted again, or its counter jumped, or stands', () => {
    expect(findContinuity({ bootIds: [ID, 'x'], ticks: ticks(1, 2, 3) }, BEFORE).proven).toBe(false);
    expect(findContinuity({ bootIds: [ID], ticks: ticks(1, 2, 2, 3) }, BEFORE)).toEqual({
      proven: false,
      text: 'the counter went from 2 to 2',
    });
    expect(findContinuity({ bootIds: [ID], ticks: ticks(1, 2) }, BEFORE).proven).toBe(false);
  });
});

describe('memory', () => {
  const PAGE_BYTES = 4096;
  const AT_BYTES = 0x8000000;

  /** Sparse up to the oracle's memory. */
  function image(counterOf: (page: number) => number): string {
    const bytes = Buffer.alloc(64 * 1024 ** 2);
    for (let page = 0; page < bytes.length / PAGE_BYTES; page++) {
      bytes.writeUInt8(counterOf(page), page * PAGE_BYTES);
      bytes.write('godwitpg', page * PAGE_BYTES + 8, 'latin1');
      bytes.writeBigUInt64LE(BigInt(page), page * PAGE_BYTES + 16);
    }
    const path = join(folder, 'ram.img');
    writeFileSync(path, '');
    writeFileSync(path, Buffer.concat([Buffer.alloc(AT_BYTES), bytes]));
    return path;
  }

  it('is good where no page is older than the move, and the guest agrees', () => {
    const good = image((page) => (page < 9 ? 4 : 3));
    const oracle = { passes: 4, page: 1, verdict: 'ok' };
    expect(findMemory({ oracle }, good, BEFORE).proven).toBe(true);
    expect(findMemory({ oracle: { ...oracle, verdict: 'BAD page 1' } }, good, BEFORE).text).toContain('BAD page 1');
    expect(findMemory({ oracle }, good, { ...BEFORE, passes: 4 })).toEqual({
      proven: false,
      text: "the memory's image: page 9 is at 3",
    });
  });
});

it('knows what is still there', () => {
  const file = join(folder, 'ram.img');
  const gonePid = 2 ** 22 + 1;
  expect(findGone('one', process.pid, file).proven).toBe(false);
  expect(findGone('one', gonePid, file).proven).toBe(true);
  writeFileSync(file, '');
  expect(findGone('one', gonePid, file).proven).toBe(false);
});

it('misses a record that was told', () => {
  expect(findRecords({ findings: [], lastSeq: 7, tailBytes: 0 }, 7).proven).toBe(true);
  expect(findRecords({ findings: [], lastSeq: 6, tailBytes: 0 }, 7).proven).toBe(false);
  expect(findRecords({ findings: ['e2fsck finds: x'], lastSeq: 7, tailBytes: 0 }, 7).proven).toBe(false);
});

it('ends with one line', () => {
  const pause = { engineMs: 120, guestMs: 20, consoleMs: 150, echoMs: 180 };
  expect(pauseLines(pause, 10)).toHaveLength(3);
  expect(vmVerdictLine([{ proven: true, text: '' }], [pause, pause])).toMatch(/^VERDICT: PROVEN - .*120ms and 120ms$/);
  expect(vmVerdictLine([{ proven: false, text: 'the disk' }], [])).toBe('VERDICT: FAILED - the disk');
});
