import { GodwitError } from '@godwit/errors';
import type { CliContext } from '../context.js';

/** What leaves nothing behind once it is closed. */
interface Closable {
  close(): Promise<void>;
}

/**
 * Performs on a stage until Ctrl-C, which aborts the signal; the stage is closed in any case. A second Ctrl-C leaves at once.
 *
 * @throws what the performance throws, E_CANCELLED after a Ctrl-C
 */
export async function performInterruptibly<Stage extends Closable, Result>(
  context: CliContext,
  makeStage: () => Promise<Stage>,
  perform: (stage: Stage, stop: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  let presses = 0;
  const stopListening = context.onInterrupt(() => {
    presses += 1;
    stop.abort(new GodwitError('E_CANCELLED', { reason: 'Ctrl-C' }));
    if (presses > 1) context.leave(130);
    else context.stderr.write('cleaning up; Ctrl-C again leaves at once\n');
  });
  try {
    const stage = await makeStage();
    try {
      return await perform(stage, stop.signal);
    } catch (thrown) {
      // What breaks because it was stopped is not the news.
      stop.signal.throwIfAborted();
      throw thrown;
    } finally {
      await stage.close();
    }
  } finally {
    stopListening();
  }
}
