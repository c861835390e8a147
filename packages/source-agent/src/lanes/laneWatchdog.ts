/** How often a lane looks, as a part of its patience: a lost lane is noticed at most so much later. */
const LOOKS = 8;

interface WatchdogOptions {
  /** Milliseconds without progress before the lane is given up. */
  readonly patienceMs: number;
  /** Milliseconds that the destination has owed an answer; 0 while it owes none. */
  readonly overdueMs: () => number;
  /** Called once, with the milliseconds without progress. */
  readonly onLost: (silentMs: number) => void;
}

/**
 * Gives up a lane whose frames nobody acknowledges. Lanes have no heartbeats: the control channel may be
 * alive while a lane's connection stands still, and writers may be waiting behind it. Returns what stops it.
 */
export function watchLane({ patienceMs, overdueMs, onLost }: WatchdogOptions): () => void {
  let isOver = false;
  const look = () => {
    if (isOver || overdueMs() <= patienceMs) return;
    stop();
    onLost(Math.round(overdueMs()));
  };
  // Not in the timer itself: after a long read of a file the answers that came meanwhile are to be read first.
  const timer = setInterval(
    () => {
      if (overdueMs() > patienceMs) setImmediate(look);
    },
    Math.max(1, patienceMs / LOOKS),
  );
  timer.unref();
  const stop = () => {
    isOver = true;
    clearInterval(timer);
  };
  return stop;
}
