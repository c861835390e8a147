import type { ByteSource } from './byteSource.js';
import type { ContentPool } from './contentPool.js';
import type { WriteRecord } from './history.js';

const CHUNK_BYTES = 1024 * 1024;
const REPORTED_DIFFERENCES = 16;

/** One run of bytes that no order of the allowed writes explains. */
export interface Difference {
  readonly offset: number;
  readonly length: number;
  /** stale: bytes of an earlier write, or of the beginning; foreign: bytes that nobody wrote there. */
  readonly kind: 'stale' | 'foreign';
  /** The acknowledged write that should be seen; undefined: the initial content should. */
  readonly expected?: WriteRecord;
}

export interface ReplayReport {
  readonly comparedBytes: number;
  readonly acknowledgedWrites: number;
  readonly differingBytes: number;
  /** The first ones. */
  readonly differences: readonly Difference[];
}

interface Expectation {
  readonly initial: ByteSource;
  readonly actual: ByteSource;
  readonly records: readonly WriteRecord[];
  readonly pool: ContentPool;
}

/**
 * Compares the owner's bytes with the initial content and a replay of the acknowledged writes in order
 * of issue. Where a write of unknown outcome lies, old or new is accepted, byte by byte.
 */
export async function replay(expectation: Expectation): Promise<ReplayReport> {
  const { initial, actual, records } = expectation;
  if (initial.sizeBytes !== actual.sizeBytes) {
    throw new Error(`the image is ${actual.sizeBytes} bytes, ${initial.sizeBytes} were expected`);
  }
  const applied = records.filter((record) => record.outcome !== 'refused');
  const chunks = recordsByChunk(applied);
  for (const source of [initial, actual]) {
    for (const range of await source.dataRanges()) touchChunks(chunks, range.offset, range.length);
  }
  const differences: Difference[] = [];
  let comparedBytes = 0;
  let differingBytes = 0;
  for (const [chunk, chunkRecords] of [...chunks].sort(([left], [right]) => left - right)) {
    const offset = chunk * CHUNK_BYTES;
    const length = Math.min(CHUNK_BYTES, actual.sizeBytes - offset);
    if (length <= 0) continue;
    const found = await compareChunk(expectation, offset, length, chunkRecords);
    comparedBytes += length;
    differingBytes += found.reduce((sum, difference) => sum + difference.length, 0);
    differences.push(...found.slice(0, REPORTED_DIFFERENCES - differences.length));
  }
  const acknowledgedWrites = applied.filter((record) => record.outcome === 'acknowledged').length;
  return { comparedBytes, acknowledgedWrites, differingBytes, differences };
}

/** Throws with the differences in words, so that a failed test says which write was lost. */
export function assertIntact(report: ReplayReport): void {
  if (report.differingBytes === 0) return;
  const lines = report.differences.map(({ offset, length, kind, expected }) => {
    const wanted =
      expected === undefined
        ? 'the initial content'
        : `${expected.operation} ${expected.sequence} (${expected.offset}+${expected.length}, answered at ${expected.answeredAtMs.toFixed(1)} ms by ${expected.target})`;
    return `  ${offset}+${length}: ${kind} bytes instead of ${wanted}`;
  });
  throw new Error(
    `${report.differingBytes} bytes differ from the replay of ${report.acknowledgedWrites} acknowledged writes:\n${lines.join('\n')}`,
  );
}

type Chunks = Map<number, WriteRecord[]>;

function touchChunks(chunks: Chunks, offset: number, length: number, record?: WriteRecord): void {
  const last = Math.floor((offset + length - 1) / CHUNK_BYTES);
  for (let chunk = Math.floor(offset / CHUNK_BYTES); chunk <= last; chunk++) {
    const records = chunks.get(chunk) ?? [];
    if (record !== undefined) records.push(record);
    chunks.set(chunk, records);
  }
}

function recordsByChunk(records: readonly WriteRecord[]): Chunks {
  const chunks: Chunks = new Map();
  for (const record of records) touchChunks(chunks, record.offset, record.length, record);
  return chunks;
}

async function compareChunk(
  { initial, actual, pool }: Expectation,
  offset: number,
  length: number,
  records: readonly WriteRecord[],
): Promise<Difference[]> {
  const before = await initial.read(offset, length);
  const found = await actual.read(offset, length);
  const expected = before.slice();
  for (const record of records) {
    if (record.outcome === 'acknowledged') apply(record, pool, expected, offset);
  }
  if (Buffer.compare(expected, found) === 0) return [];
  const differences: Difference[] = [];
  for (let index = 0; index < length; index++) {
    if (expected[index] === found[index]) continue;
    const verdict = judge(offset + index, before[index] ?? 0, found[index] ?? 0, records, pool);
    if (verdict !== undefined) extend(differences, offset + index, verdict);
  }
  return differences;
}

function apply(record: WriteRecord, pool: ContentPool, chunk: Uint8Array, chunkOffset: number): void {
  const from = Math.max(record.offset, chunkOffset);
  const end = Math.min(record.offset + record.length, chunkOffset + chunk.length);
  if (record.operation !== 'write') {
    chunk.fill(0, from - chunkOffset, end - chunkOffset);
    return;
  }
  const content = pool.bytesOf(record.sequence, record.length);
  chunk.set(content.subarray(from - record.offset, end - record.offset), from - chunkOffset);
}

type Verdict = Omit<Difference, 'offset' | 'length'>;

/** Undefined when a write of unknown outcome explains the byte. */
function judge(
  offset: number,
  before: number,
  found: number,
  records: readonly WriteRecord[],
  pool: ContentPool,
): Verdict | undefined {
  let candidates = [before];
  let stale = false;
  let expected: WriteRecord | undefined;
  for (const record of records) {
    if (offset < record.offset || offset >= record.offset + record.length) continue;
    const value =
      record.operation === 'write' ? (pool.bytesOf(record.sequence, record.length)[offset - record.offset] ?? 0) : 0;
    if (record.outcome === 'acknowledged') {
      stale ||= candidates.includes(found);
      candidates = [value];
      expected = record;
    } else {
      candidates.push(value);
    }
  }
  if (candidates.includes(found)) return undefined;
  return { kind: stale ? 'stale' : 'foreign', ...(expected === undefined ? {} : { expected }) };
}

/** Joins the byte to the run before it when both tell the same story. */
function extend(differences: Difference[], offset: number, verdict: Verdict): void {
  const last = differences.at(-1);
  // A single byte of a lost write may look foreign or stale by chance, so runs are joined by the write alone.
  if (last !== undefined && last.offset + last.length >= offset - 8 && last.expected === verdict.expected) {
    differences[differences.length - 1] = { ...last, length: offset + 1 - last.offset };
    return;
  }
  differences.push({ ...verdict, offset, length: 1 });
}
