import { setTimeout as wait } from 'node:timers/promises';
import { cpuSecondsOf } from './processCost.js';

const WINDOW_MS = 300;
const IDLE_SECONDS = 0.03;
const PATIENCE_MS = 20_000;

/**
 * Until processes use less than a tenth of a processor: agents that have just been started rehearse for a second or two,
 * and operators start theirs long before a move.
 */
export async function atRest(pids: readonly number[]): Promise<void> {
  const used = () => pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  const deadline = performance.now() + PATIENCE_MS;
  let before = used();
  // One quiet window may be a wait for a disk.
  for (let quiet = 0; quiet < 2; ) {
    await wait(WINDOW_MS);
    const now = used();
    quiet = now - before < IDLE_SECONDS ? quiet + 1 : 0;
    if (performance.now() > deadline) throw new Error('the agents do not come to rest');
    before = now;
  }
}
