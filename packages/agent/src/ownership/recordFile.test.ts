import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeContent } from './recordContent.js';
import { RecordFile, readRecords } from './recordFile.js';
import { newestRecord, slotOffset } from './recordSlots.js';
import { contentOf, documentOf } from './testing/contents.js';
import { randomFrom } from './testing/random.js';
import { Ended, SimulatedDisk } from './testing/simulatedDisk.js';

const PATH = '/state/ownership.json';
const SYNCS = new Set(['sync', 'syncData', 'syncFolder']);

/** One process: it writes until one of its calls is its last, or it has written enough. */
interface Life {
  readonly writes: number;
  readonly lastCall: number;
  /** Calls that fail with EIO. */
  readonly failing: readonly number[];
  readonly ending: 'killed' | 'power cut';
}

const life: fc.Arbitrary<Life> = fc.record({
  writes: fc.integer({ min: 0, max: 8 }),
  lastCall: fc.integer({ min: 1, max: 30 }),
  failing: fc.oneof(fc.constant([]), fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 4 })),
  ending: fc.constantFrom('killed' as const, 'power cut' as const),
});

/** What a reader may find, by number: the record that was acknowledged last, and those that were tried since. */
class Expected {
  readonly #may = new Set<number>();
  #last = 0;
  found(number: number | undefined): void {
    expect([...this.#may]).toContain(number);
  }
  next(): number {
    this.#may.add(++this.#last);
    return this.#last;
  }
  acknowledged(number: number): void {
    this.#may.clear();
    this.#may.add(number);
  }
}

function numberIn(disk: SimulatedDisk): number | undefined {
  const identity = readRecords(PATH, disk)?.identity;
  return identity === undefined ? undefined : Number(identity);
}

/** True when it was on disk, as told; false when the write failed. */
function tryWrite(file: RecordFile, number: number): boolean {
  try {
    file.write(encodeContent(contentOf(number)));
    return true;
  } catch (error) {
    if (error instanceof Ended) throw error;
    expect(error).toMatchObject({ code: 'EIO' });
    return false;
  }
}

function live(disk: SimulatedDisk, { writes, lastCall, failing, ending }: Life, expected: Expected): void {
  let calls = 0;
  disk.beforeCall = () => {
    calls += 1;
    if (calls === lastCall) throw new Ended();
    if (failing.includes(calls)) throw Object.assign(new Error('input/output error'), { code: 'EIO' });
  };
  const found = numberIn(disk) ?? Number.NaN;
  expected.found(found);
  const file = new RecordFile(PATH, disk);
  try {
    // As a store does: what was read is written before anyone acts on it, or the process ends.
    for (let left = writes, number = found; ; number = expected.next()) {
      if (tryWrite(file, number)) expected.acknowledged(number);
      else if (number === found) break;
      if (left-- === 0) break;
    }
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
  }
  if (ending === 'killed') disk.kill();
  else disk.cutPower();
}

describe('records on a disk that tears what was not synced', () => {
  it('are the last one acknowledged, or one that was being written: never an older one, never none', () => {
    const seen = { tornEven: 0, tornOdd: 0, lives: 0 };
    const lives = fc.array(life, { minLength: 1, maxLength: 12 });
    const property = fc.property(lives, fc.integer(), fc.boolean(), (lived, seed, isOld) => {
      const disk = new SimulatedDisk(randomFrom(seed));
      const expected = new Expected();
      const first = expected.next();
      if (isOld) disk.place(PATH, documentOf(contentOf(first)));
      else new RecordFile(PATH, disk).write(encodeContent(contentOf(first)));
      expected.acknowledged(first);
      for (const one of lived) {
        live(disk, one, expected);
        expected.found(numberIn(disk));
        seen.lives += 1;
        const bytes = disk.read(PATH);
        if (bytes[0] === 0x7b) continue;
        const whole = wholeSlots(bytes);
        if (!whole[0]) seen.tornEven += 1;
        if (!whole[1]) seen.tornOdd += 1;
      }
    });
    fc.assert(property, { numRuns: 150, interruptAfterTimeLimit: 10_000 });
    // The other slot was needed often, and it was either.
    expect(Math.min(seen.tornEven, seen.tornOdd)).toBeGreaterThan(seen.lives / 100);
  });
});

/** Which of the slots hold a whole record, seen with the other one cleared. */
function wholeSlots(file: Buffer): boolean[] {
  return [1, 0].map((cleared) => {
    const one = Buffer.from(file);
    const slotBytes = file.length / 2;
    one.fill(0, slotOffset(cleared, slotBytes), slotOffset(cleared, slotBytes) + slotBytes);
    return typeof newestRecord(one) !== 'string';
  });
}

describe('a record file', () => {
  const made = () => {
    const disk = new SimulatedDisk(() => 0.5);
    const file = new RecordFile(PATH, disk);
    file.write(encodeContent(contentOf(1)));
    return { disk, file, callsOf: (act: () => void) => callsOf(disk, act) };
  };

  it('takes a record with one write and one fdatasync', () => {
    const { file, callsOf } = made();
    for (let number = 2; number < 6; number++) {
      expect(callsOf(() => file.write(encodeContent(contentOf(number))))).toEqual(['write', 'syncData']);
    }
  });

  it('is made beside the old one, and named when it is on disk', () => {
    const { disk, callsOf } = made();
    const calls = callsOf(() => new RecordFile(PATH, disk).write(encodeContent(contentOf(2))));
    expect(calls).toEqual(['create', 'write', 'write', 'sync', 'rename', 'syncFolder']);
    expect(disk.read(PATH).length % 8192).toBe(0);
  });

  it('that could not be synced is neither synced nor written again, but made anew', () => {
    const { disk, file, callsOf } = made();
    const eio = Object.assign(new Error('input/output error'), { code: 'EIO' });
    disk.beforeCall = (name) => {
      if (SYNCS.has(name)) throw eio;
    };
    expect(() => file.write(encodeContent(contentOf(2)))).toThrow(eio);
    expect(() => file.write(encodeContent(contentOf(3)))).toThrow(eio);
    disk.beforeCall = () => undefined;
    const calls = callsOf(() => file.write(encodeContent(contentOf(4))));
    expect(calls).toEqual(['create', 'write', 'write', 'sync', 'rename', 'syncFolder']);
    expect(numberIn(disk)).toBe(4);
  });

  it('that is no longer where it was is made anew', () => {
    const { disk, file } = made();
    disk.place(PATH, Buffer.alloc(0));
    file.write(encodeContent(contentOf(2)));
    expect(numberIn(disk)).toBe(2);
  });

  it('makes room for records that grow, ahead of need when there is time', () => {
    const { disk, file, callsOf } = made();
    const isMade = (characters: number, spare?: number) =>
      callsOf(() => file.write(encodeContent(contentOf(2, characters)), spare)).includes('rename');
    const bytes = disk.read(PATH).length;
    expect(isMade(20_000)).toBe(false);
    expect(isMade(20_000, 2)).toBe(true);
    expect(isMade(20_000, 2)).toBe(false);
    expect(disk.read(PATH).length).toBeGreaterThan(bytes);
    expect(isMade(200_000)).toBe(true);
    expect(readRecords(PATH, disk)).toEqual(contentOf(2, 200_000));
  });

  it('takes no record beyond its limit, and keeps the one it has', () => {
    const { disk, file, callsOf } = made();
    const calls = callsOf(() => {
      expect(() => file.write(Buffer.alloc(16 * 1024 * 1024))).toThrow(
        expect.objectContaining({
          code: 'E_TOO_LARGE',
          parameters: expect.objectContaining({ limit: 16 * 1024 * 1024 }),
        }),
      );
    });
    expect([calls, numberIn(disk)]).toEqual([[], 1]);
    file.write(Buffer.alloc(15 * 1024 * 1024), 2);
    expect(callsOf(() => file.write(Buffer.alloc(15 * 1024 * 1024), 2))).toEqual(['write', 'syncData']);
  });

  it('leaves nothing of a longer record behind a shorter one', () => {
    const { disk, file } = made();
    for (const characters of [9000, 9000, 0, 0]) file.write(encodeContent(contentOf(2, characters)));
    const text = disk.read(PATH).toString().replaceAll('\0', '');
    expect(text.split('\n').filter((line) => !line.startsWith('godwit-ownership'))).toEqual([
      JSON.stringify(contentOf(2, 0)),
      JSON.stringify(contentOf(2, 0)),
      '',
    ]);
  });

  it('is read from its whole slot when the torn one begins as a document of the old form did', () => {
    const { disk, file } = made();
    file.write(encodeContent(contentOf(2)));
    const torn = disk.read(PATH);
    torn.fill('{', 0, 512);
    disk.place(PATH, torn);
    expect(readRecords(PATH, disk)).toEqual(contentOf(2));
  });

  it('is read again when it was being written, and refused when it stays torn', () => {
    const { disk } = made();
    const whole = disk.read(PATH);
    const torn = Buffer.alloc(whole.length);
    const reader = (reads: Buffer[]) => ({ read: () => reads.shift() ?? torn });
    expect(readRecords(PATH, reader([torn, torn, whole]))).toEqual(contentOf(1));
    expect(() => readRecords(PATH, reader([]))).toThrow(expect.objectContaining({ code: 'E_STATE_CORRUPT' }));
  });
});

function callsOf(disk: SimulatedDisk, act: () => void): string[] {
  const before = disk.calls.length;
  act();
  return disk.calls.slice(before);
}
