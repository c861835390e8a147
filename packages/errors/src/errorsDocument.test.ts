import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_TABLE, type ErrorRow } from './table.js';

const DOCUMENT = new URL('../../../docs/ERRORS.md', import.meta.url);
const ROW = /^\| (E_\w+) \|.*\| (.*) \|$/;
/** Less than this is no advice. */
const SHORTEST_ADVICE_CHARACTERS = 30;

const rows = readFileSync(DOCUMENT, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| E_'));
const table: [string, ErrorRow][] = Object.entries(ERROR_TABLE);

/** What the document says to do, which only people write. */
function adviceOf(code: string): string {
  const found = rows.map((line) => ROW.exec(line)).find((match) => match?.[1] === code);
  return found?.[2] ?? '';
}

function rowOf(code: string, row: ErrorRow, advice: string): string {
  const message = row.message.replaceAll('|', '\\|');
  return `| ${code} | ${message} | ${row.retryable ? 'yes' : 'no'} | ${row.httpStatus} | ${row.exitCode} | ${advice} |`;
}

describe('docs/ERRORS.md', () => {
  it('has the rows of the table, in its order and with its values', () => {
    expect(rows).toEqual(table.map(([code, row]) => rowOf(code, row, adviceOf(code))));
  });

  it.each(table.map(([code]) => code))('says what to do about %s', (code) => {
    const advice = adviceOf(code);
    expect(advice.length).toBeGreaterThan(SHORTEST_ADVICE_CHARACTERS);
    expect(advice).toMatch(/\.$/);
  });
});
