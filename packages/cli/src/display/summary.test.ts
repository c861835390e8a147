import { describe, expect, it } from 'vitest';
import { completedView, sampleView } from '../testing/views.js';
import { PlainLog } from './plainLog.js';
import { renderSummary } from './summary.js';

function fail(): never {
  throw new Error('the sample has a round');
}

describe('the summary', () => {
  it('tells verdict, time, bytes, downtime with its parts, and what was proven', () => {
    expect(renderSummary(completedView())).toEqual([
      'verdict   vm0: completed; the destination owns and serves',
      'time      5.5s, 1 round',
      'bytes     300 MiB moved as 150 MiB on the wire (50.0%), 256 MiB of zeros as ranges',
      'downtime  43ms = drain 1ms + final round 20ms + verify 10ms + persist 8ms + takeover 4ms',
      'verified  full: 16384 blocks (1 GiB) read back and equal on both sides; no differences, 3 read again after writes',
    ]);
  });

  it('breaks at 80 columns', () => {
    expect(renderSummary(completedView(), 80)).toEqual([
      'verdict   vm0: completed; the destination owns and serves',
      'time      5.5s, 1 round',
      'bytes     300 MiB moved as 150 MiB on the wire (50.0%), 256 MiB of zeros as',
      '          ranges',
      'downtime  43ms = drain 1ms + final round 20ms + verify 10ms + persist 8ms +',
      '          takeover 4ms',
      'verified  full: 16384 blocks (1 GiB) read back and equal on both sides; no',
      '          differences, 3 read again after writes',
    ]);
  });

  it('gives the reason of a failure, and that nothing was proven', () => {
    const error = { code: 'E_NO_CONVERGE', message: 'the migration does not converge: 30 rounds' };
    expect(renderSummary(sampleView({ state: 'failed', endedAt: '2026-01-02T03:04:06.000Z', error }))).toEqual([
      'verdict   vm0: failed; the source owns and goes on',
      'reason    E_NO_CONVERGE the migration does not converge: 30 rounds',
      'time      1.0s, 1 round',
      'bytes     300 MiB moved as 150 MiB on the wire (50.0%), 256 MiB of zeros as ranges',
      'verified  nothing yet (full was asked for)',
    ]);
  });

  it('does not make wire verification sound like more, and counts differences and hooks', () => {
    const verified = { mode: 'wire', blocks: 1, bytes: 65_536, mismatches: 0, reRead: 0 } as const;
    expect(renderSummary(completedView({ verified })).at(-1)).toBe(
      "verified  wire only: each extent's hash was checked on arrival, 1 block (64 KiB); the files were not read back",
    );
    const found = { mode: 'full', blocks: 2, bytes: 131_072, mismatches: 2, reRead: 0 } as const;
    expect(renderSummary(completedView({ verified: found })).at(-1)).toBe(
      'verified  full: 2 blocks (128 KiB) read back and equal on both sides; 2 differences found and sent again',
    );
    const downtime = {
      totalMs: 43,
      onFreezeMs: 17,
      drainMs: 1,
      finalRoundMs: 20,
      verifyMs: 10,
      persistMs: 8,
      takeoverMs: 4,
    };
    expect(renderSummary(completedView({ downtime }))[3]).toBe(
      'downtime  43ms = drain 1ms + final round 20ms + verify 10ms + persist 8ms + takeover 4ms, after 17ms of on-freeze',
    );
  });
});

describe('plain lines', () => {
  it('says each state and each round once, and progress at most every two seconds', () => {
    const log = new PlainLog();
    const { progress } = sampleView();
    const later = (percent: number) => sampleView({ progress: { ...progress, percent } });
    expect(log.lines(sampleView({ state: 'setup', rounds: [] }), 0)).toEqual([
      'migration m-1 of vm0: setup (agreeing with the destination)',
    ]);
    expect(log.lines(sampleView(), 100)).toEqual([
      'm-1: active (copying while the workload writes)',
      'round 1: 1 GiB, 256 MiB of it zeros, 140 MiB on the wire in 3.1s (379 Mbit/s), 34 MiB dirtied meanwhile',
    ]);
    expect(log.lines(later(51), 2000)).toEqual([]);
    expect(log.lines(later(52), 2100)).toEqual([
      '52.0% round 2, 512 MiB of 1 GiB, 1.3 Gbit/s, ETA 4.2s, dirty 12 MiB/s',
    ]);
    expect(log.lines(later(53), 4000)).toEqual([]);
    const [first = fail()] = completedView().rounds;
    const second = { ...first, round: 2, zeroBytes: 0 };
    expect(log.lines(completedView({ rounds: [...completedView().rounds, second] }), 9000)).toEqual([
      'round 2: 1 GiB, 140 MiB on the wire in 3.1s (379 Mbit/s), 34 MiB dirtied meanwhile',
      'm-1: completed (done)',
    ]);
  });
});
