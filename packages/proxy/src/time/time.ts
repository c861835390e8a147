import { performance } from 'node:perf_hooks';

/** The time that the proxy lives by; tests drive their own. */
export interface Time {
  /** Milliseconds that never go back. */
  now(): number;
  /** Calls `callback` once, `ms` from now; what it returns calls that off. */
  after(ms: number, callback: () => void): () => void;
}

export const REAL_TIME: Time = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
