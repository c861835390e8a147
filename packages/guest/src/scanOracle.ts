import { closeSync, openSync, readSync } from 'node:fs';
import { GodwitError } from '@godwit/errors';

/** Where the oracle's memory lies, as the guest's physical address: its offset in a memory image below 2 GiB. */
export const ORACLE_ADDRESS_BYTES = 0x8000000;
const PAGE_BYTES = 4096;
const MEBIBYTE = 1024 * 1024;
const PAGES_PER_MEBIBYTE = MEBIBYTE / PAGE_BYTES;
/** How a page begins (init/oracle.c): counter, 7 unused bytes, magic, its index. */
const MAGIC = Buffer.from('godwitpg');
const MAGIC_AT = 8;
const INDEX_AT = 16;
const COUNTERS = 256;
const MOST_FINDINGS = 10;

/** What a memory image says of itself. */
export interface OracleVerdict {
  /** What is wrong, the first of it; none is the good verdict. */
  readonly findings: readonly string[];
  /** The first page that is one pass behind those before it; none between two passes. */
  readonly edgePage: number | undefined;
  /** The first page's counter, which counts passes modulo 256. */
  readonly counter: number;
}

/**
 * Judges the oracle's memory in an image, a file or bytes, of a machine that stands still: each page's counter equals
 * that of the page before it or is one less, with at most one such edge, and each page says that it is itself. A page
 * that was lost, is stale or lies elsewhere is found so; a whole memory that is old is not: the guest, which knows
 * how far it was, says that itself.
 */
export function scanOracle(
  image: string | Uint8Array,
  offsetBytes: number = ORACLE_ADDRESS_BYTES,
  sizeMiB = 64,
): OracleVerdict {
  const scan = new OracleScan();
  eachPage(image, { offsetBytes, sizeMiB }, (index, bytes) => scan.page(index, bytes));
  return scan.verdict();
}

/**
 * Judges it in an image of a machine that runs on, to which pages are written back whenever it suits the kernel: what of them
 * is wrong, the first of it. Each page says that it is itself, and is as old as `from` or as new as `to` (passes that were
 * begun) or between. To be as old as it may be, a page must have come with the machine.
 */
export function scanRunningOracle(
  image: string | Uint8Array,
  passes: { readonly from: number; readonly to: number },
  {
    offsetBytes = ORACLE_ADDRESS_BYTES,
    sizeMiB = 64,
  }: { readonly offsetBytes?: number; readonly sizeMiB?: number } = {},
): string[] {
  const findings: string[] = [];
  const { from, to } = passes;
  eachPage(image, { offsetBytes, sizeMiB }, (index, bytes) => {
    const age = (bytes.readUInt8(0) - (from % COUNTERS) + COUNTERS) % COUNTERS;
    const problem =
      misplaced(index, bytes) ?? (age > to - from ? `page ${index} is at ${bytes.readUInt8(0)}` : undefined);
    if (problem !== undefined && findings.length < MOST_FINDINGS) findings.push(problem);
  });
  return findings;
}

function eachPage(
  image: string | Uint8Array,
  { offsetBytes, sizeMiB }: { readonly offsetBytes: number; readonly sizeMiB: number },
  look: (index: number, bytes: Buffer) => void,
): void {
  const fd = typeof image === 'string' ? openSync(image, 'r') : undefined;
  try {
    const buffer = Buffer.alloc(MEBIBYTE);
    for (let mebibyte = 0; mebibyte < sizeMiB; mebibyte++) {
      const at = offsetBytes + mebibyte * MEBIBYTE;
      const length =
        typeof image === 'string'
          ? readSync(fd ?? -1, buffer, 0, MEBIBYTE, at)
          : Buffer.from(image.subarray(at, at + MEBIBYTE)).copy(buffer);
      if (length !== MEBIBYTE) throw tooShort(at + length);
      for (let page = 0; page < PAGES_PER_MEBIBYTE; page++) {
        look(mebibyte * PAGES_PER_MEBIBYTE + page, buffer.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES));
      }
    }
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** That it is no page of the oracle's, or another one. */
function misplaced(index: number, bytes: Buffer): string | undefined {
  if (bytes.compare(MAGIC, 0, MAGIC.length, MAGIC_AT, MAGIC_AT + MAGIC.length) !== 0) {
    return `page ${index} is none of the oracle's`;
  }
  const found = bytes.readBigUInt64LE(INDEX_AT);
  return found === BigInt(index) ? undefined : `page ${index} says that it is page ${found}`;
}

class OracleScan {
  readonly #findings: string[] = [];
  #first: number | undefined;
  #previous: number | undefined;
  #edgePage: number | undefined;

  page(index: number, bytes: Buffer): void {
    const counter = bytes.readUInt8(0);
    const problem = misplaced(index, bytes);
    if (problem !== undefined) this.#find(problem);
    this.#compare(index, counter);
    this.#first ??= counter;
    this.#previous = counter;
  }

  verdict(): OracleVerdict {
    return { findings: this.#findings, edgePage: this.#edgePage, counter: this.#first ?? 0 };
  }

  #compare(index: number, counter: number): void {
    if (this.#previous === undefined || counter === this.#previous) return;
    if ((counter + 1) % COUNTERS !== this.#previous) {
      this.#find(`page ${index} is at ${counter}, the one before it at ${this.#previous}`);
    } else if (this.#edgePage !== undefined) {
      this.#find(`page ${index} is at ${counter}, a second edge after that at page ${this.#edgePage}`);
    } else {
      this.#edgePage = index;
    }
  }

  #find(finding: string): void {
    if (this.#findings.length < MOST_FINDINGS) this.#findings.push(finding);
  }
}

function tooShort(bytes: number): GodwitError {
  return new GodwitError('E_INTERNAL', { problem: `the image ends at ${bytes}, within the oracle's memory` });
}
