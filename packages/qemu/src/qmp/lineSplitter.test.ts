import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './lineSplitter.js';

const LIMIT_BYTES = 64;

/** `bytes` in parts that end where `cuts` say. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
}

function pushAll(splitter: LineSplitter, parts: readonly Buffer[]): string[] | undefined {
  const lines: string[] = [];
  for (const part of parts) {
    const more = splitter.push(part);
    if (more === undefined) return undefined;
    lines.push(...more);
  }
  return lines;
}

describe('lines of a stream', () => {
  it('are the same wherever the stream is cut', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, ''));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.map(([text, end]) => text + end).join(''));
          const splitter = new LineSplitter(16 * 1024);
          expect(pushAll(splitter, cut(bytes, cuts))).toEqual(lines.map(([text]) => text));
        },
      ),
    );
  });

  it('are refused exactly when one is longer than the limit, wherever it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: LIMIT_BYTES + 8 }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (lengths, cuts) => {
          const bytes = Buffer.from(lengths.map((length) => `${'x'.repeat(length)}\n`).join(''));
          const lines = pushAll(new LineSplitter(LIMIT_BYTES), cut(bytes, cuts));
          expect(lines === undefined).toBe(lengths.some((length) => length > LIMIT_BYTES));
        },
      ),
    );
  });

  it('wait for their end', () => {
    const splitter = new LineSplitter(LIMIT_BYTES);
    expect(splitter.push(Buffer.from('half'))).toEqual([]);
    expect(splitter.push(Buffer.from(' and half\nnext'))).toEqual(['half and half']);
  });
});
