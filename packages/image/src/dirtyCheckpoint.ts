import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { endianness } from 'node:os';
import { crc32 } from 'node:zlib';
import { faultPoint } from '@godwit/faults';

const FORMAT = 1;
/** A page: a header is written whole or not at all as far as a process that is killed can tell. */
const HEADER_BYTES = 4096;

/** What a checkpoint says of itself. */
export interface CheckpointHeader {
  readonly sequence: number;
  /** The copy, by its name at the destination, that has what has no bit; empty: it is not known of any. */
  readonly about: string;
  /** The boot of the host in which it was written: another one's page cache is gone. */
  readonly boot: string;
  /** RawFile.identity, and its size: those of another file say nothing of this one. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly groupBytes: number;
}

/**
 * A bitmap with a header, in a file of its own. The header is voided before the bits are written and written after
 * them, so a process that is killed leaves a whole checkpoint or none. Both carry a CRC-32: what an operator or a disk did to them is noticed.
 *
 * @throws what the file system throws
 */
export function writeCheckpoint(fd: number, header: CheckpointHeader, bits: Uint32Array): void {
  const map = littleEndian(bits);
  writeAll(fd, Buffer.alloc(HEADER_BYTES), 0);
  faultPoint('record.checkpoint.voided');
  writeAll(fd, map, HEADER_BYTES);
  faultPoint('record.checkpoint.bits-written');
  const text = JSON.stringify({ format: FORMAT, ...header, words: bits.length, crc: crc32(map) });
  const whole = Buffer.alloc(HEADER_BYTES);
  whole.write(`${crc32(text).toString(16).padStart(8, '0')} ${text}\n`);
  writeAll(fd, whole, 0);
}

export interface Checkpoint {
  readonly header: CheckpointHeader;
  readonly bits: Uint32Array;
}

/**
 * What stands in a checkpoint's file of so many words: a whole one, none ('void': it was being written, or never was), or what
 * nobody wrote. The last may have been the newest, and the log of what is in it alone is empty by then.
 */
export function readCheckpoint(path: string, words: number): Checkpoint | 'void' | 'damaged' {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return 'void';
  }
  try {
    const page = readAll(fd, HEADER_BYTES, 0);
    if (page.every((byte) => byte === 0)) return 'void';
    const parsed = parseHeader(page);
    if (parsed === undefined || parsed.words !== words) return 'damaged';
    const map = readAll(fd, words * 4, HEADER_BYTES);
    if (map.length !== words * 4 || crc32(map) !== parsed.crc) return 'damaged';
    const bits = new Uint32Array(map.buffer, map.byteOffset, words);
    return { header: parsed.header, bits: endianness() === 'LE' ? bits : Uint32Array.from(bits, swap) };
  } finally {
    closeSync(fd);
  }
}

interface ParsedHeader {
  readonly header: CheckpointHeader;
  readonly words: number;
  readonly crc: number;
}

function parseHeader(page: Buffer): ParsedHeader | undefined {
  const line = page.toString('latin1', 0, Math.max(0, page.indexOf('\n')));
  const text = line.slice(9);
  if (line[8] !== ' ' || crc32(text) !== Number.parseInt(line.slice(0, 8), 16)) return undefined;
  const value: unknown = JSON.parse(text);
  return isHeader(value) ? { header: value, words: value.words, crc: value.crc } : undefined;
}

function isHeader(value: unknown): value is CheckpointHeader & { words: number; crc: number } {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Record<string, unknown> = { ...value };
  const numbers = ['sequence', 'sizeBytes', 'groupBytes', 'words', 'crc'];
  return (
    fields['format'] === FORMAT &&
    numbers.every((name) => Number.isSafeInteger(fields[name])) &&
    typeof fields['about'] === 'string' &&
    typeof fields['boot'] === 'string' &&
    typeof fields['file'] === 'string'
  );
}

function writeAll(fd: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = writeSync(fd, bytes, done, bytes.length - done, offset + done);
    if (count === 0) throw new Error('nothing was written');
    done += count;
  }
}

/** As much as there is of `length` bytes. In an ArrayBuffer of its own. */
function readAll(fd: number, length: number, offset: number): Buffer {
  const bytes = Buffer.from(new ArrayBuffer(length));
  let done = 0;
  for (;;) {
    const count = done === length ? 0 : readSync(fd, bytes, done, length - done, offset + done);
    if (count === 0) return bytes.subarray(0, done);
    done += count;
  }
}

/** The bytes of words as they stand in the file. */
function littleEndian(words: Uint32Array): Uint8Array {
  const native = endianness() === 'LE' ? words : words.map(swap);
  return new Uint8Array(native.buffer, native.byteOffset, native.byteLength);
}

function swap(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
