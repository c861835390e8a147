/**
 * Data of a client's options, taken apart ("Option types"). Everything has to fit exactly; what does not is named
 * in a DataProblem, which the server answers and goes on.
 */
import { LIMITS } from '@godwit/protocol';
import { parseText } from './text.js';

/** What is wrong with an option's data, in words for the client. */
export interface DataProblem {
  readonly problem: string;
  /** Well-formed, but beyond a limit. */
  readonly tooBig: boolean;
}

/** INFO and GO: the export and what is asked of it. */
export interface InfoRequest {
  readonly name: string;
  readonly infos: ReadonlySet<number>;
}

/** LIST_META_CONTEXT and SET_META_CONTEXT. */
export interface MetaContextRequest {
  readonly name: string;
  readonly queries: ReadonlySet<string>;
}

/** Data of EXPORT_NAME is the name and nothing else. */
export function parseName(bytes: Buffer): string | DataProblem {
  if (bytes.length > LIMITS.nbdNameBytes) return tooLong('the name', bytes.length);
  return parseText(bytes) ?? malformed('the name is no UTF-8 text');
}

/** u32 length of the name, the name, u16 count, u16 for each information asked for. */
export function parseInfoRequest(data: Buffer): InfoRequest | DataProblem {
  const reader = new DataReader(data);
  const name = reader.string('the name');
  const infos = new Set<number>();
  const count = reader.uint16();
  for (let left = count; left > 0 && reader.problem === undefined; left--) infos.add(reader.uint16());
  return reader.end() ?? { name, infos };
}

/** u32 length of the name, the name, u32 count, and so many queries: u32 length, text. */
export function parseMetaContextRequest(data: Buffer): MetaContextRequest | DataProblem {
  const reader = new DataReader(data);
  const name = reader.string('the name');
  const queries = new Set<string>();
  const count = reader.uint32();
  for (let left = count; left > 0 && reader.problem === undefined; left--) queries.add(reader.string('a query'));
  return reader.end() ?? { name, queries };
}

/** Reads fields one after the other; after the first problem all that is read is empty. */
class DataReader {
  problem: DataProblem | undefined;
  readonly #data: Buffer;
  #at = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  uint16(): number {
    return this.#has(2) ? this.#data.readUInt16BE(this.#advance(2)) : 0;
  }

  uint32(): number {
    return this.#has(4) ? this.#data.readUInt32BE(this.#advance(4)) : 0;
  }

  string(what: string): string {
    const bytes = this.uint32();
    if (!this.#has(bytes)) return '';
    const start = this.#advance(bytes);
    if (bytes > LIMITS.nbdNameBytes) {
      this.problem = tooLong(what, bytes);
      return '';
    }
    const text = parseText(this.#data.subarray(start, start + bytes));
    if (text === undefined) this.problem = malformed(`${what} is no UTF-8 text`);
    return text ?? '';
  }

  /** What was wrong, if only that something is left. */
  end(): DataProblem | undefined {
    if (this.problem === undefined && this.#at < this.#data.length) {
      this.problem = malformed(`${this.#data.length - this.#at} bytes too many`);
    }
    return this.problem;
  }

  #has(bytes: number): boolean {
    if (this.problem !== undefined) return false;
    if (bytes <= this.#data.length - this.#at) return true;
    this.problem = malformed('the data ends too early');
    return false;
  }

  #advance(bytes: number): number {
    const from = this.#at;
    this.#at += bytes;
    return from;
  }
}

function malformed(problem: string): DataProblem {
  return { problem, tooBig: false };
}

function tooLong(what: string, bytes: number): DataProblem {
  return { problem: `${what} has ${bytes} bytes; at most ${LIMITS.nbdNameBytes} are accepted`, tooBig: true };
}
