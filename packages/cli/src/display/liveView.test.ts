import { describe, expect, it } from 'vitest';
import { sampleView } from '../testing/views.js';
import { renderLive } from './liveView.js';
import { choosePaint, PLAIN_PAINT } from './paint.js';
import { columnsOf } from './text.js';

const sampleRound = {
  round: 1,
  blocks: 16_384,
  bytes: 1024 ** 3,
  zeroBytes: 256 * 1024 ** 2,
  wireBytes: 140 * 1024 ** 2,
  durationMs: 3100,
  dirtiedBytes: 34 * 1024 ** 2,
  mbps: 378.8,
};
const TWO_ROUNDS = [
  sampleRound,
  {
    round: 2,
    blocks: 544,
    bytes: 34 * 1024 ** 2,
    zeroBytes: 0,
    wireBytes: 12 * 1024 ** 2,
    durationMs: 182,
    dirtiedBytes: 2 * 1024 ** 2,
    mbps: 553.2,
  },
];
const view = sampleView({ rounds: TWO_ROUNDS });

describe('the live display', () => {
  it('leaves out columns at 40', () => {
    expect(renderLive(view, { columns: 40, rows: 24 }, PLAIN_PAINT)).toEqual([
      'vm0  active  round 2  m-1',
      '[====>    ]  50.0%  1.3 Gbit/s  ETA 4.2s',
      '512 MiB of 1 GiB  wire 150 MiB',
      'expected downtime 34ms  dirty 12 MiB/s',
      '',
      'round   bytes   time  dirtied',
      '    1   1 GiB   3.1s   34 MiB',
      '    2  34 MiB  182ms    2 MiB',
    ]);
  });

  it.each([80, 120])('shows everything at %i', (columns) => {
    expect(renderLive(view, { columns, rows: 24 }, PLAIN_PAINT, 'cancelling; Ctrl-C again leaves at once')).toEqual([
      'vm0  active  round 2  m-1',
      '[====================>                   ]  50.0%  1.3 Gbit/s  ETA 4.2s',
      '512 MiB of 1 GiB  wire 150 MiB  left 512 MiB',
      'expected downtime 34ms  dirty 12 MiB/s',
      '',
      'round  blocks   bytes    zeros     wire   time        rate  dirtied',
      '    1   16384   1 GiB  256 MiB  140 MiB   3.1s  379 Mbit/s   34 MiB',
      '    2     544  34 MiB      0 B   12 MiB  182ms  553 Mbit/s    2 MiB',
      'cancelling; Ctrl-C again leaves at once',
    ]);
  });

  it('says what is not known yet as such, and no table before the first round', () => {
    const { progress } = view;
    const early = sampleView({
      rounds: [],
      progress: { ...progress, percent: 0, etaMs: null, expectedDowntimeMs: null },
    });
    expect(renderLive(early, { columns: 60, rows: 24 }, PLAIN_PAINT)).toEqual([
      'vm0  active  round 2  m-1',
      '[>                                ]  0.0%  1.3 Gbit/s  ETA ?',
      '512 MiB of 1 GiB  wire 150 MiB  left 512 MiB',
      'expected downtime ?  dirty 12 MiB/s',
    ]);
  });

  it('keeps to the rows of the terminal with many rounds', () => {
    const rounds = Array.from({ length: 50 }, (_, index) => ({ ...sampleRound, round: index + 1 }));
    const lines = renderLive(sampleView({ rounds }), { columns: 40, rows: 12 }, PLAIN_PAINT, 'note');
    expect(lines.slice(4)).toEqual([
      '',
      'round  bytes  time        rate  dirtied',
      '  ... 47 before',
      '   48  1 GiB  3.1s  379 Mbit/s   34 MiB',
      '   49  1 GiB  3.1s  379 Mbit/s   34 MiB',
      '   50  1 GiB  3.1s  379 Mbit/s   34 MiB',
      'note',
    ]);
    expect(lines.length).toBeLessThan(12);
  });

  it('is never wider than the terminal, whatever the width and however long the names', () => {
    const images = ['a'.repeat(64), 'b'.repeat(64), 'c'];
    const long = sampleView({ images, rounds: TWO_ROUNDS, state: 'outcome-unknown', id: 'x'.repeat(36) });
    for (let columns = 20; columns <= 200; columns++) {
      for (const line of renderLive(long, { columns, rows: 24 }, PLAIN_PAINT, 'n'.repeat(300))) {
        expect(columnsOf(line)).toBeLessThanOrEqual(columns);
      }
    }
  });

  it('paints only on a terminal, and not when NO_COLOR or TERM=dumb says no', () => {
    expect(choosePaint(true, {}).bold('x')).toBe('\u001b[1mx\u001b[0m');
    expect(choosePaint(false, {}).bold('x')).toBe('x');
    expect(choosePaint(true, { NO_COLOR: '1' }).bold('x')).toBe('x');
    expect(choosePaint(true, { TERM: 'dumb' }).bold('x')).toBe('x');
  });
});
