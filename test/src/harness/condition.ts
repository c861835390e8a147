const POLL_MS = 20;

/** How long a condition may take before a test calls it lost; generous, for it is no measurement. */
const PATIENCE_MS = 60_000;

/**
 * Asks until the answer is neither undefined nor false, and returns it. `what` names the condition in
 * the error. A probe that throws ends the wait: say what is expected to fail in the probe itself.
 */
export async function until<Value>(
  what: string,
  probe: () => Promise<Value | undefined | false> | Value | undefined | false,
  patienceMs: number = PATIENCE_MS,
): Promise<Value> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadlineMs) throw new Error(`still waiting for ${what} after ${patienceMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
