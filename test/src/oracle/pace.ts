/** Spreads the writers' bytes over time, so that a run can be held at a rate. Shared by all writers. */
export interface Pace {
  /** Resolves when `bytes` more may be written. */
  take(bytes: number): Promise<void>;
}

/** As fast as the agent answers. */
export const UNPACED: Pace = { take: async () => undefined };

/**
 * At most `bytesPerSecond` over the long run. Time that passed while writers were held up at the switch
 * is forgiven, not made up for, beyond a tenth of a second: a workload does not write in bursts for it.
 */
export function paced(bytesPerSecond: number, now: () => number = () => performance.now()): Pace {
  let dueMs = now();
  return {
    take: async (bytes) => {
      const current = now();
      dueMs = Math.max(dueMs, current - 100);
      const waitMs = dueMs - current;
      dueMs += (bytes / bytesPerSecond) * 1000;
      // Timers are coarse: below a few milliseconds it is better to go on and be a little early.
      if (waitMs > 2) await new Promise((resolve) => setTimeout(resolve, waitMs));
    },
  };
}
