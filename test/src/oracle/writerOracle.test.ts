import { describe, expect, it } from 'vitest';
import { memoryBytes } from './byteSource.js';
import { type Fault, MemoryTarget } from './memoryTarget.js';
import { assertIntact, type ReplayReport } from './replay.js';
import { SeededRandom } from './seededRandom.js';
import { WriterOracle } from './writerOracle.js';

const SIZE_BYTES = 3 * 1024 * 1024 + 777;
const URL_OF_IMAGE = 'memory://image';

function initialContent(): Uint8Array {
  const bytes = new Uint8Array(SIZE_BYTES);
  new SeededRandom(99).fill(bytes);
  return bytes;
}

interface Run {
  readonly report: ReplayReport;
  readonly oracle: WriterOracle;
}

/** Writes against a store with a fault, lets `tamper` change the bytes afterwards, and replays. */
async function runAgainst(
  fault?: Fault,
  tamper: (bytes: Uint8Array, oracle: WriterOracle) => void = () => undefined,
): Promise<Run> {
  const target = new MemoryTarget(initialContent(), fault);
  const oracle = new WriterOracle({
    seed: 7,
    url: URL_OF_IMAGE,
    sizeBytes: SIZE_BYTES,
    target,
    zeroShare: 0.05,
    discardShare: 0.05,
  });
  oracle.start();
  await oracle.acknowledged(400);
  await oracle.stop();
  tamper(target.bytes, oracle);
  return { oracle, report: await oracle.verify(memoryBytes(initialContent()), memoryBytes(target.bytes)) };
}

describe('writer oracle', () => {
  it('accepts a store that keeps every write', async () => {
    const { report, oracle } = await runAgainst();
    expect(report.differingBytes).toBe(0);
    expect(report.acknowledgedWrites).toBeGreaterThanOrEqual(400);
    expect(report.comparedBytes).toBe(SIZE_BYTES);
    expect(oracle.refusals.size).toBe(0);
    assertIntact(report);
  });

  it('draws the same writes from the same seed', async () => {
    const shapeOf = ({ oracle }: Run) =>
      oracle.history.records.slice(0, 300).map(({ operation, offset, length }) => [operation, offset, length]);
    expect(shapeOf(await runAgainst())).toEqual(shapeOf(await runAgainst()));
  });

  it('draws odd offsets, single bytes and long writes', async () => {
    const { oracle } = await runAgainst();
    const { records } = oracle.history;
    expect(records.some(({ offset }) => offset % 2 === 1)).toBe(true);
    expect(records.some(({ length }) => length === 1)).toBe(true);
    expect(records.some(({ length }) => length > 128 * 1024)).toBe(true);
    expect(new Set(records.map(({ operation }) => operation)).size).toBe(3);
  });

  it('catches an acknowledged write that was dropped', async () => {
    const { report } = await runAgainst(({ sequence, length }) =>
      sequence >= 390 && length > 8 ? { kind: 'acknowledged' } : undefined,
    );
    expect(report.differingBytes).toBeGreaterThan(0);
    expect(report.differences[0]?.expected?.outcome).toBe('acknowledged');
    expect(() => assertIntact(report)).toThrow(/instead of (write|zero|discard) \d+/);
  });

  it('catches a single lost byte', async () => {
    const { report } = await runAgainst(undefined, (bytes, oracle) => {
      const last = oracle.history.records.filter(({ operation }) => operation === 'write').at(-1);
      const offset = last?.offset ?? 0;
      bytes[offset] = (bytes[offset] ?? 0) ^ 0xff;
    });
    expect(report.differingBytes).toBe(1);
  });

  it('catches a stale block and calls it stale', async () => {
    let before: Uint8Array | undefined;
    const { report } = await runAgainst(undefined, (bytes, oracle) => {
      const last = oracle.history.records
        .filter(({ operation, length }) => operation === 'write' && length > 4096)
        .at(-1);
      const block = Math.floor((last?.offset ?? 0) / 65536) * 65536;
      before = initialContent().slice(block, block + 65536);
      bytes.set(before, block);
    });
    expect(report.differingBytes).toBeGreaterThan(0);
    expect(report.differences.some(({ kind }) => kind === 'stale')).toBe(true);
  });

  it('catches two writes to one place that were applied in reverse', async () => {
    const { report } = await runAgainst(reverseOnePair());
    expect(report.differingBytes).toBeGreaterThan(0);
    expect(report.differences.some(({ kind }) => kind === 'stale')).toBe(true);
  });

  it('catches a change that nobody wrote', async () => {
    const { report } = await runAgainst(undefined, (bytes) => {
      bytes.fill(0xa5, 1_000_000, 1_000_512);
    });
    expect(report.differences.some(({ kind }) => kind === 'foreign')).toBe(true);
  });

  it('accepts old and new where a write was never answered', async () => {
    const lostEveryOther: Fault = ({ sequence }, apply) => {
      if (sequence % 20 !== 0) return undefined;
      if (sequence % 40 === 0) apply();
      return { kind: 'unknown', problem: 'connection reset' };
    };
    const { report, oracle } = await runAgainst(lostEveryOther);
    expect(oracle.history.count('unknown')).toBeGreaterThan(10);
    expect(report.differingBytes).toBe(0);
  });

  it('finds the bytes of a refused write wrong', async () => {
    const refusedButDone: Fault = ({ sequence, length }, apply) => {
      if (sequence < 390 || length < 64) return undefined;
      apply();
      return { kind: 'refused', code: 'E_NOT_OWNER', message: 'nothing was written' };
    };
    const { report, oracle } = await runAgainst(refusedButDone);
    expect(oracle.refusals.has('E_NOT_OWNER')).toBe(true);
    expect(report.differingBytes).toBeGreaterThan(0);
  });

  it('goes on at the new place after a move, and tries again when told to', async () => {
    let refusalsLeft = 3;
    const moving: Fault = ({ sequence }) => {
      if (sequence === 50 && refusalsLeft-- > 0) return { kind: 'retry', code: 'E_COLD' };
      return sequence === 100 ? moveOnce() : undefined;
    };
    let moved = false;
    const moveOnce = () => {
      if (moved) return undefined;
      moved = true;
      return { kind: 'moved', location: 'memory://elsewhere' } as const;
    };
    const target = new MemoryTarget(initialContent(), moving);
    const oracle = new WriterOracle({ seed: 7, url: URL_OF_IMAGE, sizeBytes: SIZE_BYTES, target });
    oracle.start();
    await oracle.followed();
    while ((oracle.retries.get('E_COLD') ?? 0) < 3) await oracle.acknowledged(1);
    await oracle.acknowledged(1);
    await oracle.stop();
    const report = await oracle.verify(memoryBytes(initialContent()), memoryBytes(target.bytes));
    expect(oracle.retries.get('E_COLD')).toBe(3);
    expect(oracle.url).toBe('memory://elsewhere');
    expect(oracle.history.latest?.target).toBe('memory://elsewhere');
    expect(report.differingBytes).toBe(0);
  });

  it('refuses to compare images of different size', async () => {
    const oracle = new WriterOracle({
      seed: 1,
      url: URL_OF_IMAGE,
      sizeBytes: 10,
      target: new MemoryTarget(new Uint8Array(10)),
    });
    await expect(oracle.verify(memoryBytes(new Uint8Array(10)), memoryBytes(new Uint8Array(11)))).rejects.toThrow(
      /11 bytes/,
    );
  });
});

/** Holds one write back, answers it, and applies it after the next one that overlaps it: a round overtaken. */
function reverseOnePair(): Fault {
  let heldBack: { readonly offset: number; readonly end: number; readonly apply: () => void } | undefined;
  let done = false;
  return (intended, apply) => {
    const end = intended.offset + intended.length;
    if (done || intended.operation !== 'write' || intended.sequence < 350) return undefined;
    if (heldBack === undefined && intended.length > 100_000) {
      heldBack = { offset: intended.offset, end, apply };
      return { kind: 'acknowledged' };
    }
    if (heldBack === undefined || intended.offset >= heldBack.end || heldBack.offset >= end || intended.length < 64)
      return undefined;
    apply();
    heldBack.apply();
    done = true;
    return { kind: 'acknowledged' };
  };
}
