import { GodwitError } from '@godwit/errors';
import type { ControlChannel } from '@godwit/transport';

/** The image has moved already when this is waited for; a slower hook is reported by the destination alone. */
const PATIENCE_MS = 2000;

/** Listens for what the destination says of its on-takeover hook. Made before Commit, asked after Taken. */
export class TakeoverHook {
  readonly #heard: Promise<string>;

  constructor(channel: ControlChannel) {
    this.#heard = new Promise((resolve) => {
      channel.on('HookResult', ({ error }) => resolve(error));
      channel.closed.then(
        () => resolve(''),
        () => resolve(''),
      );
    });
  }

  /** E_HOOK when the hook failed; undefined when it is content, silent, or its channel gone. */
  async failure(): Promise<GodwitError | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(''), PATIENCE_MS);
    });
    const problem = await Promise.race([this.#heard, patience]);
    clearTimeout(timer);
    if (problem === '') return undefined;
    const error = new GodwitError('E_HOOK', {}, { detail: 'the destination owns the image all the same' });
    error.message = problem;
    return error;
  }
}
