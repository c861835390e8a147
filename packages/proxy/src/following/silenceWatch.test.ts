import { describe, expect, it } from 'vitest';
import { ManualTime } from '../testing/manualTime.js';
import { SILENCE_MS, SilenceWatch } from './silenceWatch.js';

function watched() {
  const time = new ManualTime();
  const state = { inFlight: 1, answered: 0, silences: 0 };
  const watch = new SilenceWatch(time, state, () => (state.silences += 1));
  watch.start();
  return { time, state, watch };
}

describe('SilenceWatch', () => {
  it('notices each 5 s in which nothing was answered', () => {
    const { time, state } = watched();
    time.advance(SILENCE_MS);
    expect(state.silences).toBe(1);
    time.advance(SILENCE_MS);
    expect(state.silences).toBe(2);
  });

  it('is content with any answer', () => {
    const { time, state } = watched();
    state.answered = 1;
    time.advance(SILENCE_MS);
    expect(state.silences).toBe(0);
    time.advance(SILENCE_MS);
    expect(state.silences).toBe(1);
  });

  it('sets no alarm while nothing is in flight, and watches again when something is', () => {
    const { time, state, watch } = watched();
    state.inFlight = 0;
    time.advance(SILENCE_MS);
    expect([state.silences, time.pending]).toEqual([0, []]);
    watch.start();
    watch.start();
    expect(time.pending).toEqual([SILENCE_MS]);
    watch.stop();
    expect(time.pending).toEqual([]);
  });
});
