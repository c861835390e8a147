import { describe, expect, it } from 'vitest';
import { ScrubMeter } from './scrubMeter.js';

describe('the progress of a scrub', () => {
  it('is none before one, rises with it, and is complete at its end', () => {
    let checking = 0;
    let nowMs = 5000;
    const meter = new ScrubMeter(
      () => checking,
      () => nowMs,
    );
    expect(meter.progress()).toEqual({});
    checking = 1000;
    meter.begin();
    expect(meter.progress()).toEqual({ scrub: { checkedBytes: 0, totalBytes: 1000, bytesPerSec: 0 } });
    checking = 600;
    nowMs += 200;
    expect(meter.progress()).toEqual({ scrub: { checkedBytes: 400, totalBytes: 1000, bytesPerSec: 2000 } });
    checking = 0;
    nowMs += 300;
    meter.end();
    nowMs += 10_000;
    expect(meter.progress()).toEqual({ scrub: { checkedBytes: 1000, totalBytes: 1000, bytesPerSec: 2000 } });
  });
});
