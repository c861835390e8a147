import { type PlannedFault, parsePlan } from './plan.js';
import type { FaultPoint } from './points.js';

/** An error as the system would throw it. */
class SystemFault extends Error {
  readonly code: string;
  readonly syscall = 'fault';

  constructor(code: string, point: FaultPoint) {
    super(`${code}: put there at ${point}`);
    this.code = code;
  }
}

/** The faults of one thread; passings are counted in each by itself. */
export class Faults {
  readonly #plan: readonly PlannedFault[];
  readonly #kill: () => void;
  readonly #passings = new Map<FaultPoint, number>();

  constructor(plan: readonly PlannedFault[], kill: () => void) {
    this.#plan = plan;
    this.#kill = kill;
  }

  pass(point: FaultPoint): void {
    const passing = (this.#passings.get(point) ?? 0) + 1;
    this.#passings.set(point, passing);
    const fault = this.#plan.find(
      (planned) =>
        planned.point === point && (planned.stays ? passing >= planned.passing : passing === planned.passing),
    );
    if (fault === undefined) return;
    if (fault.action.type === 'fail') throw new SystemFault(fault.action.code, point);
    this.#kill();
  }
}

const TEXT = process.env['GODWIT_FAULT'] ?? '';

/**
 * A place where a test may have this process killed, or a call fail (GODWIT_FAULT, plan.ts). Without a plan it is an
 * empty function, which the engine inlines away (`npm run bench:micro`, "a fault point").
 */
export const faultPoint: (point: FaultPoint) => void = TEXT === '' ? () => undefined : passerOf(parsePlan(TEXT));

function passerOf(plan: readonly PlannedFault[]): (point: FaultPoint) => void {
  const faults = new Faults(plan, killSelf);
  return (point) => faults.pass(point);
}

function killSelf(): void {
  process.kill(process.pid, 'SIGKILL');
  // The signal of one's own process may need a moment; nothing is to happen in it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
