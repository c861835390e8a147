import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchLane } from './laneWatchdog.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function watch() {
  const losses: number[] = [];
  const state = { overdueMs: 0, losses };
  const stop = watchLane({
    patienceMs: 800,
    overdueMs: () => state.overdueMs,
    onLost: (silentMs) => state.losses.push(silentMs),
  });
  return { state, stop };
}

describe('the watchdog of a lane', () => {
  it('gives up once, when nothing has been acknowledged for longer than its patience', async () => {
    const { state } = watch();
    state.overdueMs = 800;
    await vi.advanceTimersByTimeAsync(500);
    expect(state.losses).toEqual([]);
    state.overdueMs = 801;
    await vi.advanceTimersByTimeAsync(5000);
    expect(state.losses).toEqual([801]);
  });

  it('lets the answers in that came while the thread was busy', async () => {
    const { state } = watch();
    state.overdueMs = 900;
    vi.advanceTimersToNextTimer();
    state.overdueMs = 0;
    await vi.advanceTimersByTimeAsync(5000);
    expect(state.losses).toEqual([]);
  });

  it('ends when it is stopped', async () => {
    const { state, stop } = watch();
    stop();
    state.overdueMs = 10_000;
    await vi.advanceTimersByTimeAsync(5000);
    expect(state.losses).toEqual([]);
  });
});
