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

/** Resolves after `ms`, or when `signal` says so. */
export function pause(time: Time, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const cancel = time.after(ms, () => {
      signal.removeEventListener('abort', end);
      resolve();
    });
    function end(): void {
      cancel();
      resolve();
    }
    signal.addEventListener('abort', end, { once: true });
  });
}

/** Resolves after `ms`, or when `event` resolves or `signal` says so. */
export async function waitFor(ms: number, event: Promise<void>, time: Time, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([event, pause(time, ms, AbortSignal.any([signal, over.signal]))]);
  } finally {
    over.abort();
  }
}
