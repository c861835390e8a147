import type { BandwidthEstimate } from './decide.js';

/** A full sample counts 0.4, the past 0.6 (engine.md section 5). */
const PAST_WEIGHT = 0.6;
const SAMPLE_MS = 400;
/** Shorter samples are gathered until they span this long: alone they say little about the link as it is now. */
const LATEST_MIN_MS = 100;

/**
 * Smoothed rate of acknowledged bytes, sampled while lanes are sending. A sample shorter than 400 ms
 * weighs less in proportion: 1 - 0.6^(duration / 400 ms), so that many short rounds weigh as one long.
 */
export class BandwidthMeter {
  #smoothed: number | undefined;
  #latest: number | undefined;
  #gatheredBytes = 0;
  #gatheredMs = 0;
  /** Time between samples while lanes send. */
  static readonly sampleMs = SAMPLE_MS;

  /** `bytes` were acknowledged within `durationMs` of sending. */
  sample(bytes: number, durationMs: number): void {
    if (durationMs <= 0 || bytes < 0) return;
    const rate = (bytes / durationMs) * 1000;
    const past = PAST_WEIGHT ** Math.min(1, durationMs / SAMPLE_MS);
    this.#smoothed = this.#smoothed === undefined ? rate : this.#smoothed * past + rate * (1 - past);
    this.#gatheredBytes += bytes;
    this.#gatheredMs += durationMs;
    if (this.#gatheredMs < LATEST_MIN_MS) return;
    this.#latest = (this.#gatheredBytes / this.#gatheredMs) * 1000;
    this.#gatheredBytes = 0;
    this.#gatheredMs = 0;
  }

  estimate(): BandwidthEstimate | undefined {
    if (this.#smoothed === undefined) return undefined;
    return { smoothedBytesPerSec: this.#smoothed, latestBytesPerSec: this.#latest ?? this.#smoothed };
  }
}
