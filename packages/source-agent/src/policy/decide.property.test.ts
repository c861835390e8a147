import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS_OF_TESTS, MEBIBYTE, policyInput, steady } from '../testing/policyInput.js';
import { type Step, simulate, type Trace, type World } from '../testing/simulatedMigration.js';
import { decide, type PolicyInput } from './decide.js';

/** Bytes a second, from nothing at all to 2 GiB/s, on a logarithmic scale so that each size is met. */
const rate = fc.double({ min: 0, max: 31, noNaN: true }).map((log) => Math.floor(2 ** log) - 1);

/** Piecewise constant, repeated for ever. */
const trace: fc.Arbitrary<Trace> = fc
  .array(fc.tuple(fc.integer({ min: 20, max: 5000 }), rate), { minLength: 1, maxLength: 8 })
  .map((pieces) => {
    const totalMs = pieces.reduce((sum, [durationMs]) => sum + durationMs, 0);
    return (nowMs) => {
      let at = nowMs % totalMs;
      for (const [durationMs, value] of pieces) {
        if (at < durationMs) return value;
        at -= durationMs;
      }
      return pieces[0]?.[1] ?? 0;
    };
  });

const world: fc.Arbitrary<World> = fc.record({
  imageBytes: fc.integer({ min: 0, max: 512 * MEBIBYTE }),
  bandwidth: trace.map(
    (of): Trace =>
      (nowMs) =>
        Math.max(MEBIBYTE, of(nowMs)),
  ),
  dirtyRate: trace,
  fixedCostMs: fc.nat(80),
  limits: fc.record({
    downtimeLimitMs: fc.integer({ min: 1, max: 500 }),
    maxRounds: fc.integer({ min: 1, max: 40 }),
    timeoutMs: fc.integer({ min: 1000, max: 200_000 }),
    stallMs: fc.integer({ min: 1000, max: 40_000 }),
    onStall: fc.constantFrom('abort', 'force'),
  }),
});

function end(steps: readonly Step[]): Step {
  const last = steps.at(-1);
  if (last === undefined) throw new Error('no round ended');
  return last;
}

/** What a stop rule may rest on, said again without the policy's own code. */
function mayStop({ rounds, nowMs, limits }: PolicyInput, reason: string): boolean {
  if (reason === 'timeout') return nowMs >= limits.timeoutMs;
  if (reason === 'max-rounds') return rounds.length >= limits.maxRounds;
  const old = rounds.filter((round) => round.endedAtMs < nowMs - limits.stallMs);
  const recent = rounds.filter((round) => round.endedAtMs >= nowMs - limits.stallMs);
  const lowestOld = Math.min(...old.map((round) => round.remainingBytes));
  return old.length > 0 && recent.every((round) => round.remainingBytes >= lowestOld * 0.96 * 0.96);
}

/** An image that nobody writes is switched whatever the pause costs: no round can shorten it. */
function isIdle({ rounds, remainingBytes }: PolicyInput): boolean {
  return remainingBytes === 0 && rounds.slice(-2).every((round) => round.remainingBytes === 0);
}

describe('any migration', () => {
  it('ends, by one decision, for a reason that holds', () => {
    const endings = new Set<string>();
    const property = fc.property(world, (drawn) => {
      const steps = simulate(drawn);
      expect(steps.length).toBeLessThanOrEqual(drawn.limits.maxRounds);
      for (const { decision } of steps.slice(0, -1)) expect(decision.action).toBe('continue');
      const { input, decision } = end(steps);
      const { limits } = drawn;
      if (decision.action === 'abort') {
        expect(limits.onStall).toBe('abort');
        expect(mayStop(input, decision.reason)).toBe(true);
        endings.add(`abort ${decision.reason}`);
      } else if (decision.action === 'switch' && decision.forced !== undefined) {
        expect(limits.onStall).toBe('force');
        expect(mayStop(input, decision.forced)).toBe(true);
        endings.add(`force ${decision.forced}`);
      } else {
        expect(decision.action).toBe('switch');
        if (!isIdle(input)) expect(decision.expectedDowntimeMs).toBeLessThanOrEqual(limits.downtimeLimitMs);
        endings.add('switch');
      }
    });
    fc.assert(property, { numRuns: 400 });
    // Guards the generator: it has to reach each kind of ending.
    expect([...endings].map((ending) => ending.split(' ')[0])).toEqual(
      expect.arrayContaining(['switch', 'abort', 'force']),
    );
  });

  it('pauses no longer than it expected when the link stays as it was', () => {
    const property = fc.property(world, (drawn) => {
      const { input, decision } = end(simulate(drawn));
      if (decision.action !== 'switch' || decision.forced !== undefined) return;
      const { latestBytesPerSec = 1, smoothedBytesPerSec = 1 } = input.bandwidth ?? {};
      const pauseMs = (input.remainingBytes / Math.min(latestBytesPerSec, smoothedBytesPerSec)) * 1000;
      if (input.remainingBytes > 0)
        expect(pauseMs + drawn.fixedCostMs).toBeLessThanOrEqual(drawn.limits.downtimeLimitMs * 1.001);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('is judged alike in bytes and in 1024 times as many', () => {
    const property = fc.property(world, (drawn) => {
      const larger: World = {
        ...drawn,
        imageBytes: drawn.imageBytes * 1024,
        bandwidth: (nowMs) => drawn.bandwidth(nowMs) * 1024,
        dirtyRate: (nowMs) => drawn.dirtyRate(nowMs) * 1024,
      };
      expect(simulate(larger).map((step) => step.decision)).toEqual(simulate(drawn).map((step) => step.decision));
    });
    fc.assert(property, { numRuns: 100 });
  });
});

describe('a steady migration', () => {
  const base: World = {
    imageBytes: 0,
    bandwidth: () => 0,
    dirtyRate: () => 0,
    fixedCostMs: 10,
    limits: { ...LIMITS_OF_TESTS, maxRounds: 10_000, timeoutMs: Number.MAX_SAFE_INTEGER },
  };

  it('switches in as many rounds as the series needs when the workload writes less than the link carries', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 64 * 1024 }),
      fc.integer({ min: 1, max: 2000 }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      (imageMebibytes, mebibytesPerSec, share) => {
        const imageBytes = imageMebibytes * MEBIBYTE;
        const bytesPerSec = mebibytesPerSec * MEBIBYTE;
        if (imageBytes / bytesPerSec > 500) return;
        const steps = simulate({
          ...base,
          imageBytes,
          bandwidth: () => bytesPerSec,
          dirtyRate: () => bytesPerSec * share,
        });
        expect(end(steps).decision).toMatchObject({ action: 'switch', forced: undefined });
        const targetBytes = 0.04 * bytesPerSec;
        const needed = share === 0 ? 1 : Math.ceil(Math.log(targetBytes / imageBytes) / Math.log(share));
        expect(steps.length).toBeLessThanOrEqual(Math.max(1, needed) + 2);
      },
    );
    fc.assert(property, { numRuns: 150 });
  });

  it('is stopped, not switched, when the workload writes more than the link carries', () => {
    const property = fc.property(
      fc.double({ min: 1.02, max: 10, noNaN: true }),
      fc.constantFrom('abort', 'force'),
      (share, onStall) => {
        const steps = simulate({
          ...base,
          imageBytes: 1024 * MEBIBYTE,
          bandwidth: () => 100 * MEBIBYTE,
          dirtyRate: () => 100 * MEBIBYTE * share,
          limits: { ...base.limits, onStall },
        });
        const expected = onStall === 'abort' ? { action: 'abort' } : { action: 'switch', forced: 'no-progress' };
        expect(end(steps).decision).toMatchObject(expected);
      },
    );
    fc.assert(property, { numRuns: 60 });
  });

  it('does not switch on the bandwidth of before when the link collapses, and does once it has recovered', () => {
    const collapsed = (nowMs: number) => nowMs > 9000 && nowMs < 30_000;
    const steps = simulate({
      ...base,
      imageBytes: 1000 * MEBIBYTE,
      bandwidth: (nowMs) => (collapsed(nowMs) ? 1 : 100) * MEBIBYTE,
      dirtyRate: (nowMs) => (collapsed(nowMs) ? 1 : 90) * MEBIBYTE,
    });
    expect(end(steps).decision).toMatchObject({ action: 'switch', forced: undefined });
    expect(end(steps).input.nowMs).toBeGreaterThan(30_000);
  });

  it('with less remaining never gets further from the switch', () => {
    const property = fc.property(
      fc.nat(1024 * MEBIBYTE),
      fc.nat(1024 * MEBIBYTE),
      rate,
      fc.nat(100),
      (a, b, speed, fixedCostMs) => {
        const at = (remainingBytes: number) =>
          decide(policyInput({ remainingBytes, bandwidth: steady(speed), fixedCostMs })).action;
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        if (at(more) === 'switch') expect(at(less)).toBe('switch');
      },
    );
    fc.assert(property);
  });
});
