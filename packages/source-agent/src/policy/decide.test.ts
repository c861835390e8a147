import { describe, expect, it } from 'vitest';
import { type InputChanges, MEBIBYTE, policyInput, steady } from '../testing/policyInput.js';
import { type Decision, decide, expectedDowntime, type RoundOutcome } from './decide.js';

const decision = (changes: InputChanges): Decision => decide(policyInput(changes));
const action = (changes: InputChanges): Decision['action'] => decision(changes).action;

/** Rounds that end each second, with what was left at their ends. */
function history(...remaining: readonly number[]): RoundOutcome[] {
  return remaining.map((remainingBytes, index) => ({ endedAtMs: (index + 1) * 1000, remainingBytes }));
}

/** The decision at the end of a history: what is left and the clock are those of its last round. */
function after(rounds: readonly RoundOutcome[], changes: InputChanges = {}): Decision {
  const last = rounds.at(-1);
  return decision({ rounds, remainingBytes: last?.remainingBytes ?? 0, nowMs: last?.endedAtMs ?? 0, ...changes });
}

describe('the expected downtime', () => {
  it('is transfer + check + fixed costs', () => {
    const input = policyInput({
      remainingBytes: 10 * MEBIBYTE,
      unprovenBytes: 30 * MEBIBYTE,
      wireRatio: 0.5,
      bandwidth: steady(100 * MEBIBYTE),
      checkBytesPerSec: 400 * MEBIBYTE,
      fixedCostMs: 7,
    });
    // 5 MiB on the wire at 100 MiB/s while they are proven, 30 MiB more to prove at 400 MiB/s.
    expect(expectedDowntime(input)).toBeCloseTo(50 + 75 + 7, 9);
  });

  it('is bound by proving where that is slower than sending', () => {
    const input = policyInput({
      remainingBytes: 10 * MEBIBYTE,
      unprovenBytes: 30 * MEBIBYTE,
      bandwidth: steady(1000 * MEBIBYTE),
      checkBytesPerSec: 400 * MEBIBYTE,
    });
    expect(expectedDowntime(input)).toBeCloseTo(25 + 75, 9);
  });

  it('leaves the check out where nothing is checked', () => {
    const input = policyInput({ remainingBytes: 10 * MEBIBYTE, unprovenBytes: 30 * MEBIBYTE, fixedCostMs: 7 });
    expect(expectedDowntime(input)).toBeCloseTo(107, 9);
  });

  it.each([
    [100, 1],
    [1, 100],
  ])('takes the lower of a smoothed %d and a latest %d MiB/s', (smoothed, latest) => {
    const bandwidth = { smoothedBytesPerSec: smoothed * MEBIBYTE, latestBytesPerSec: latest * MEBIBYTE };
    expect(expectedDowntime(policyInput({ remainingBytes: MEBIBYTE, bandwidth }))).toBeCloseTo(1000, 9);
  });

  it('is infinite while the bandwidth is unknown or nothing gets through, and something remains', () => {
    expect(expectedDowntime(policyInput({ bandwidth: undefined }))).toBe(Number.POSITIVE_INFINITY);
    expect(expectedDowntime(policyInput({ bandwidth: steady(0) }))).toBe(Number.POSITIVE_INFINITY);
  });

  it('needs no bandwidth when nothing remains', () => {
    expect(expectedDowntime(policyInput({ remainingBytes: 0, bandwidth: undefined, fixedCostMs: 3 }))).toBe(3);
    expect(expectedDowntime(policyInput({ remainingBytes: 0, bandwidth: steady(0) }))).toBe(0);
  });
});

describe('switching', () => {
  it('comes exactly when the expected downtime is within the limit', () => {
    expect(decision({ remainingBytes: 5 * MEBIBYTE })).toEqual({
      action: 'switch',
      expectedDowntimeMs: 50,
      forced: undefined,
    });
    expect(action({ remainingBytes: 5 * MEBIBYTE + 1 })).toBe('continue');
  });

  it('waits for a destination that is not ready, however little remains', () => {
    expect(action({ remainingBytes: 0, destinationReady: false })).toBe('continue');
    expect(action({ remainingBytes: 1, destinationReady: false })).toBe('continue');
  });

  it('comes with nothing dirty and a bandwidth that was never measured', () => {
    expect(action({ remainingBytes: 0, bandwidth: undefined })).toBe('switch');
  });

  it('does not come while something is dirty and the bandwidth is unknown', () => {
    expect(action({ remainingBytes: 1, bandwidth: undefined })).toBe('continue');
  });

  it('does not believe a bandwidth that has just collapsed', () => {
    const collapsed = { smoothedBytesPerSec: 100 * MEBIBYTE, latestBytesPerSec: MEBIBYTE / 10 };
    expect(action({ remainingBytes: MEBIBYTE, bandwidth: collapsed })).toBe('continue');
    expect(action({ remainingBytes: MEBIBYTE, bandwidth: steady(100 * MEBIBYTE) })).toBe('switch');
  });

  it('does not believe one fast sample after a slow past', () => {
    const spike = { smoothedBytesPerSec: MEBIBYTE / 10, latestBytesPerSec: 1000 * MEBIBYTE };
    expect(action({ remainingBytes: MEBIBYTE, bandwidth: spike })).toBe('continue');
  });

  it('waits for a second round where the first left more than a quarter of the limit', () => {
    expect(after(history(5 * MEBIBYTE))).toMatchObject({ action: 'continue', expectedDowntimeMs: 50 });
    expect(after(history(MEBIBYTE))).toMatchObject({ action: 'switch' });
  });

  it('counts what the pause has to prove', () => {
    const small = { remainingBytes: MEBIBYTE, checkBytesPerSec: 100 * MEBIBYTE };
    expect(action({ ...small, unprovenBytes: 4 * MEBIBYTE })).toBe('switch');
    expect(action({ ...small, unprovenBytes: 5 * MEBIBYTE })).toBe('continue');
  });

  it('comes before any stop rule, on the last round and after the last second too', () => {
    const rounds = history(...Array.from({ length: 30 }, () => MEBIBYTE));
    expect(after(rounds, { nowMs: 3_600_000 })).toMatchObject({ action: 'switch', forced: undefined });
  });

  it('comes for an image that nobody writes, though the fixed cost is above the limit', () => {
    expect(after(history(0, 0), { fixedCostMs: 400 })).toMatchObject({ action: 'switch', forced: undefined });
    expect(after(history(0, 0), { fixedCostMs: 400, destinationReady: false }).action).toBe('continue');
  });
});

describe('stop rules', () => {
  const stuck = 100 * MEBIBYTE;

  it.each([
    ['max-rounds', { rounds: history(...Array.from({ length: 30 }, (_, i) => stuck * 2 - i * 5 * MEBIBYTE)) }],
    ['timeout', { nowMs: 3_600_000 }],
    [
      'no-progress',
      { rounds: history(stuck, ...Array.from({ length: 20 }, () => stuck)), limits: { stallMs: 19_999 } },
    ],
  ] as const)('%s: abort and force, as the user chose', (reason, changes: InputChanges) => {
    expect(decision(changes)).toMatchObject({ action: 'abort', reason });
    const force = { ...changes, limits: { ...changes.limits, onStall: 'force' as const } };
    expect(decision(force)).toMatchObject({ action: 'switch', forced: reason });
    // Forcing a switch to a destination that has nothing on disk yet would be no switch.
    expect(decision({ ...force, destinationReady: false }).action).toBe('continue');
    expect(decision({ ...changes, destinationReady: false })).toMatchObject({ action: 'abort', reason });
  });

  it('count rounds and milliseconds exactly', () => {
    const falling = Array.from({ length: 29 }, (_, index) => stuck * (60 - index));
    expect(after(history(...falling)).action).toBe('continue');
    expect(after(history(...falling, stuck)).action).toBe('abort');
    expect(action({ nowMs: 3_599_999 })).toBe('continue');
    expect(action({ nowMs: 3_600_000 })).toBe('abort');
  });

  it('name the time first when several apply', () => {
    const rounds = history(...Array.from({ length: 60 }, () => stuck));
    expect(after(rounds, { nowMs: 3_600_000 })).toMatchObject({ reason: 'timeout' });
    expect(after(rounds)).toMatchObject({ reason: 'max-rounds' });
  });

  it('do nothing before the first round', () => {
    expect(action({ rounds: [] })).toBe('continue');
  });
});

describe('no progress', () => {
  const low = 100 * MEBIBYTE;
  const limits = { maxRounds: 1000 };
  /** A low at 1 s, then `remaining` at `endedAtMs`. */
  const then = (remaining: number, endedAtMs: number): string => {
    const rounds = [
      { endedAtMs: 1000, remainingBytes: low },
      { endedAtMs, remainingBytes: remaining },
    ];
    return after(rounds, { limits }).action;
  };

  it('takes longer than the stall time since the last low', () => {
    expect(then(low, 41_000)).toBe('continue');
    expect(then(low, 41_001)).toBe('abort');
  });

  it('is what is not below 0.96 of the low', () => {
    const edge = low * 0.96;
    expect(then(edge, 41_001)).toBe('abort');
    expect(then(edge - 1, 41_001)).toBe('continue');
  });

  it('counts from the new low', () => {
    const rounds = [
      { endedAtMs: 1000, remainingBytes: low },
      { endedAtMs: 30_000, remainingBytes: low * 0.95 },
    ];
    const later = (endedAtMs: number) => [...rounds, { endedAtMs, remainingBytes: low * 0.95 }];
    expect(after(later(70_000), { limits }).action).toBe('continue');
    expect(after(later(70_001), { limits }).action).toBe('abort');
  });

  it('is not fooled by steps that are each too small but add up', () => {
    const slow = Array.from({ length: 200 }, (_, index) => low * 10 * 0.99 ** index);
    const rounds = slow.map((remainingBytes, index) => ({ endedAtMs: (index + 1) * 5000, remainingBytes }));
    for (let count = 1; count <= rounds.length; count++) {
      expect(after(rounds.slice(0, count), { limits }).action, `round ${count}`).toBe('continue');
    }
  });
});

describe('recorded histories', () => {
  const replay = (remaining: readonly number[], changes: InputChanges = {}): string[] =>
    remaining.map((_, index) => after(history(...remaining.slice(0, index + 1)), changes).action);
  const series = (length: number, of: (index: number) => number): number[] => Array.from({ length }, (_, i) => of(i));
  const limits = { maxRounds: 200 };

  it('converging: goes on and switches once', () => {
    const actions = replay(series(10, (i) => 1000 * MEBIBYTE * 0.4 ** i));
    // Rounds 7 and 8 would do (41 and 16 ms of 50), but each leaves less than 3/4 of the one before.
    expect(actions).toEqual([...Array.from({ length: 8 }, () => 'continue'), 'switch', 'switch']);
  });

  it('short enough and no longer falling: switches at once', () => {
    const actions = replay([100 * MEBIBYTE, 4 * MEBIBYTE, 3.5 * MEBIBYTE]);
    expect(actions).toEqual(['continue', 'continue', 'switch']);
  });

  it('rising dirty rate: never switches, and stops after the stall time', () => {
    const actions = replay(
      series(60, (i) => (100 + i) * MEBIBYTE),
      { limits },
    );
    expect(actions.indexOf('abort')).toBe(41);
    expect(actions).not.toContain('switch');
  });

  it('falling after a plateau: a new low in time keeps it going', () => {
    const plateau = series(38, () => 100 * MEBIBYTE);
    const actions = replay([...plateau, 60 * MEBIBYTE, 20 * MEBIBYTE, MEBIBYTE], { limits });
    expect(new Set(actions.slice(0, -1))).toEqual(new Set(['continue']));
    expect(actions.at(-1)).toBe('switch');
  });

  it('oscillating: high tides are no progress, and no reason to switch', () => {
    const actions = replay(
      series(60, (i) => (i % 2 === 0 ? 30 : 300) * MEBIBYTE),
      { limits },
    );
    expect(actions.indexOf('abort')).toBe(41);
    expect(actions).not.toContain('switch');
  });

  it('oscillating below the limit: the first ebb is taken', () => {
    expect(
      replay(
        series(6, (i) => (i % 3 === 2 ? 1 : 300) * MEBIBYTE),
        { limits },
      ),
    ).toEqual(['continue', 'continue', 'switch', 'continue', 'continue', 'switch']);
  });
});
