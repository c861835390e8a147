import { FAULT_POINTS, type FaultPoint } from '@godwit/faults';
import { SeededRandom } from '../../oracle/seededRandom.js';

export type Side = 'source' | 'destination';

/** What happens to a migration besides the kill. */
export type Course =
  /** Nothing. */
  | 'plain'
  /** The link is cut in the middle of the first round. */
  | 'cut'
  /** It is cancelled in the middle of the first round. */
  | 'cancelled'
  /** The victim was killed once before, in the middle of the first round: the point is in its second life. */
  | 'revived'
  /** The source was killed right behind the seal: it comes back and asks. */
  | 'sealed'
  /** Nobody waits for anybody (patience 0), and the victim was killed once before. */
  | 'impatient';

/** One kill at a point, and whatever follows of it. All of it follows from seed and index. */
export interface Trial {
  readonly seed: number;
  readonly index: number;
  readonly point: FaultPoint;
  readonly victim: Side;
  /** At which passing of the point in its thread, from 1 on. */
  readonly passing: number;
  readonly course: Course;
  /** The other agent is killed as soon as the victim is dead. */
  readonly killsOther: boolean;
  /** The victim is killed once more as soon as it is ready again. */
  readonly killsAgain: boolean;
  readonly verify: 'full' | 'wire';
}

/** Points that only some courses come to. */
const COURSES: readonly (readonly [RegExp, Course])[] = [
  [/^record\.recovered$|^dest\.start\./, 'revived'],
  [/^source\.pause\.|^dest\.pause\.|^dest\.resume\./, 'cut'],
  [/^source\.end\.given-up$|^dest\.discard\.|^dest\.file\.remove$/, 'cancelled'],
  [/^source\.(ask|reclaim)\.|^dest\.ask\./, 'sealed'],
  [/^dest\.abort\./, 'impatient'],
];

/** Points that are passed by every write, or by every frame of a lane. */
const OFTEN = /^image\.|^record\.log\.|^file\.(read|write|zero)$|\.lane\./;
const OFTEN_PASSINGS = 60;

/** Every point in turn: first where it is passed first, later at some passing. */
export function trialOf(seed: number, index: number): Trial {
  const random = new SeededRandom(seed * 1_000_003 + index);
  const point = FAULT_POINTS[index % FAULT_POINTS.length] ?? 'file.read';
  const turn = Math.floor(index / FAULT_POINTS.length);
  const own = COURSES.find(([points]) => points.test(point))?.[1];
  const victim = victimOf(point, random);
  return {
    seed,
    index,
    point,
    victim,
    passing: turn === 0 ? 1 : 1 + random.below(OFTEN.test(point) ? OFTEN_PASSINGS : 3),
    course: own ?? (turn > 0 && random.below(2) === 1 ? 'cut' : 'plain'),
    killsOther: random.below(3) === 0,
    verify: random.below(2) === 0 || point.endsWith('.check') ? 'full' : 'wire',
    killsAgain: random.below(4) > 0,
  };
}

function victimOf(point: FaultPoint, random: SeededRandom): Side {
  if (/^(source|image|record)\.|^file\.read$/.test(point)) return 'source';
  if (/^dest\.|^file\.(sync|zero)$/.test(point)) return 'destination';
  return random.below(2) === 0 ? 'source' : 'destination';
}

/** The trial in words, with what repeats it. */
export function nameOf(trial: Trial): string {
  return `${wordsOf(trial)}: npm run chaos -- --seed ${trial.seed} --trial ${trial.index}`;
}

/** The trial in words. */
export function wordsOf({ point, victim, passing, course, verify, killsOther, killsAgain }: Trial): string {
  const both = (killsOther ? ', and the other one' : '') + (killsAgain ? ', and again' : '');
  return `kill ${victim} at ${point} (passing ${passing}${both}; ${course}, ${verify})`;
}
