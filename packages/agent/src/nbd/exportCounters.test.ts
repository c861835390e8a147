import { expect, it } from 'vitest';
import { ExportCounters, LATENCY_BOUNDS_SECONDS } from './exportCounters.js';

it('sums what threads counted apart from one another, in shared memory', () => {
  const [here, there] = [new ExportCounters(), new ExportCounters()];
  const inThread = new ExportCounters(here.buffer);
  inThread.opened();
  there.opened();
  there.opened();
  there.closed();
  inThread.answered({ kind: 'read', bytes: 10, durationMs: 0.05, error: 0 });
  inThread.answered({ kind: 'write', bytes: 20, durationMs: 3, error: 0 });
  there.answered({ kind: 'zero', bytes: 300, durationMs: 20_000, error: 0 });
  there.answered({ kind: 'trim', bytes: 4000, durationMs: 3, error: 0 });
  there.answered({ kind: 'write', bytes: 50_000, durationMs: 3, error: 28 });
  there.answered({ kind: 'flush', bytes: 0, durationMs: 3, error: 0 });
  there.waitedAtGate(7);
  const totals = ExportCounters.sum([here, there]);
  expect(totals).toMatchObject({
    requests: { read: 1, write: 2, zero: 1, trim: 1, flush: 1, cache: 0, status: 0 },
    bytes: { read: 10, write: 20, zero: 300, trim: 4000, flush: 0, cache: 0, status: 0 },
    errors: 1,
    changes: 3,
    changedBytes: 4320,
    gateWaitMs: 7,
    connections: 2,
  });
  expect(totals.durationMs).toBeCloseTo(20_012.05);
  const filled = [...totals.buckets.entries()].filter(([, count]) => count > 0);
  expect(filled).toEqual([
    [LATENCY_BOUNDS_SECONDS.indexOf(50e-6), 1],
    [LATENCY_BOUNDS_SECONDS.indexOf(5e-3), 4],
    [LATENCY_BOUNDS_SECONDS.length, 1],
  ]);
  there.threadEnded();
  expect(ExportCounters.sum([here, there]).connections).toBe(1);
});
