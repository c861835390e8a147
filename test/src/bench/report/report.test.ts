import { describe, expect, it } from 'vitest';
import type { CaseResult, Run } from '../measured.js';
import { markdownOf } from './markdown.js';
import { plotOf } from './plot.js';
import { failuresOf, remarksOf, rowsOf } from './rows.js';

function runOf(megabytesPerSec: number, cpuSeconds: number): Run {
  return {
    seconds: 1024 ** 3 / 1e6 / megabytesPerSec,
    movedBytes: 1024 ** 3,
    cpuSeconds: { source: cpuSeconds, destination: cpuSeconds / 2 },
    peakMebibytes: { source: 100, destination: 90 },
    wireBytes: 512 * 1024 ** 2,
  };
}

const RESULT: CaseResult = {
  id: 'mixed',
  title: 'idle image <mixed>',
  place: 'tmpfs',
  base: 'peer & co',
  lines: [
    { name: 'godwit', runs: [runOf(1500, 1), runOf(1200, 0.8), runOf(1600, 1.2)] },
    { name: 'peer & co', runs: [runOf(1000, 0.5), runOf(1000, 0.5), runOf(800, 0.5)] },
    { name: 'other', runs: [], leftOut: 'not installed' },
  ],
  figures: [
    ['', 'ms'],
    ['serial', 12.345],
  ],
  notes: ['a note'],
};

describe('a report', () => {
  it('has medians, spreads, and ratios of neighbouring runs', () => {
    const [, own, peer, other] = rowsOf(RESULT);
    expect(own?.slice(0, 6)).toEqual([
      'godwit',
      '1500 (1200 to 1600)',
      '1.50 (1.20 to 2.00)',
      '1.50 (1.20 to 1.80)',
      '1.00 + 0.50',
      '512',
    ]);
    expect(peer?.slice(0, 3)).toEqual(['peer & co', '1000 (800 to 1000)', '-']);
    expect(other?.at(-1)).toBe('0');
  });

  it('says in Markdown who was left out and why', () => {
    const text = markdownOf({ node: 'v20' }, [RESULT], 'plot.svg');
    expect(text).toContain('| godwit | 1500 (1200 to 1600) |');
    expect(text).toContain('| serial | 12.35 |');
    expect(text).toContain('- other: not installed');
    expect(text).toContain('![throughput](plot.svg)');
  });

  it('says loudly how many guests were lost, and by whom', () => {
    const lost = { guests: 1, reason: 'a panic' };
    const result = {
      ...RESULT,
      lines: RESULT.lines.map((line) => (line.name === 'peer & co' ? { ...line, lost } : line)),
    };
    expect(remarksOf(result)).toContain('peer & co: GUESTS LOST: 1 of 4, the last one: a panic');
    expect(failuresOf(result)).toEqual([]);
  });

  it('has failed when godwit lost a guest, though all runs that count are good', () => {
    const lost = { guests: 1, reason: 'a panic' };
    const result = {
      ...RESULT,
      lines: RESULT.lines.map((line) => (line.name === 'godwit' ? { ...line, lost } : line)),
    };
    expect(failuresOf(result)).toEqual(['mixed, tmpfs, godwit: guests lost: 1 of 4: a panic']);
    const failed = { name: 'godwit, warm', runs: [], leftOut: '2 of its runs failed, the last one: no' };
    expect(failuresOf({ ...RESULT, lines: [failed] })).toEqual([
      'mixed, tmpfs, godwit, warm: 2 of its runs failed, the last one: no',
    ]);
    expect(failuresOf({ ...RESULT, lines: [{ name: 'godwit', runs: [], leftOut: 'no such option' }] })).toEqual([]);
  });

  it('draws a bar for each that ran, as long as it was fast', () => {
    const svg = plotOf([RESULT]);
    const widths = [...svg.matchAll(/<rect x="260" y="\d+" width="([\d.]+)"/g)].map((match) => Number(match[1]));
    expect(widths).toHaveLength(2);
    expect((widths[0] ?? 0) / (widths[1] ?? 1)).toBeCloseTo(1.5, 2);
    expect(svg).toContain('idle image &lt;mixed&gt;');
    expect(svg).toContain('1500 MB/s  1.50x');
  });
});
