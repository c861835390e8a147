import { FAILING_POINTS, FAULT_POINTS, type FaultPoint } from './points.js';

/** What happens at a point. */
export type FaultAction =
  /** The process is killed as by kill -9. */
  | { readonly type: 'kill' }
  /** A call there fails as a system call with this code does. */
  | { readonly type: 'fail'; readonly code: string };

export interface PlannedFault {
  readonly point: FaultPoint;
  readonly action: FaultAction;
  /** The first of its thread's passings at which it happens, from 1 on. */
  readonly passing: number;
  /** At each passing from then on, as a disk that has gone bad does. */
  readonly stays: boolean;
}

const ERRORS: readonly string[] = ['EIO', 'ENOSPC', 'EROFS', 'EDQUOT'];

/**
 * Reads GODWIT_FAULT: `point=kill`, `point=ENOSPC`, `point=kill@3` (at the third passing), `point=EIO@3+` (from the third on),
 * several with commas between.
 *
 * @throws Error for what is no point and no action: a fault that never happens would be a test that asserts nothing
 */
export function parsePlan(text: string): readonly PlannedFault[] {
  return text.split(',').map(parseFault);
}

function parseFault(entry: string): PlannedFault {
  const [, name, action = '', digits = '1', plus] = /^([a-z.-]+)=([A-Za-z]+)(?:@(\d+)(\+)?)?$/.exec(entry) ?? [];
  const point = FAULT_POINTS.find((known) => known === name);
  if (point === undefined) throw new Error(`GODWIT_FAULT: "${entry}" names no fault point`);
  const when = { point, passing: Number(digits), stays: plus !== undefined };
  if (action === 'kill') return { ...when, action: { type: 'kill' } };
  if (!ERRORS.includes(action)) throw new Error(`GODWIT_FAULT: "${entry}" has no action`);
  if (!FAILING_POINTS.includes(point)) throw new Error(`GODWIT_FAULT: no call fails at "${point}"`);
  return { ...when, action: { type: 'fail', code: action } };
}
