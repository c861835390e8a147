import type { LineOptions } from '../../harness/delayLine.js';
import type { Place } from '../measured.js';

/** A copy that every contender of a case makes in its way. */
export interface CopyPlan {
  readonly place: Place;
  readonly source: string;
  readonly sizeBytes: number;
  /** What of it is not a hole. */
  readonly dataBytes: number;
  /** Between the two ends, where a case is about a long or thin one. */
  readonly wire?: LineOptions;
  /** The target is new, and may be taken for zeros: for images of which next to nothing is data. */
  readonly isTargetZero?: boolean;
}

/** A contender that takes longer is left out. */
export const PATIENCE_MS = 180_000;
