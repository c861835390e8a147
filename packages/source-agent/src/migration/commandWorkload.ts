import { type DepartureContext, type Logger, runHook, type SourceOptions, type SourceWorkload } from '@godwit/agent';
import { toGodwitError } from '@godwit/errors';

/**
 * A workload that the user's commands stop and start; without commands, one that needs neither. `on-release` undoes
 * `on-freeze` and learns from GODWIT_OUTCOME which way it went. What commands are told are GODWIT_* variables.
 */
export class CommandWorkload implements SourceWorkload {
  readonly #hooks: SourceOptions['hooks'];
  readonly #context: DepartureContext;
  readonly #logger: Logger;
  #frozen = false;
  /** The on-release under way, or the last one; never rejects. */
  #releasing: Promise<void> = Promise.resolve();
  freezeMs: number | undefined;

  constructor(hooks: SourceOptions['hooks'], context: DepartureContext, logger: Logger) {
    this.#hooks = hooks;
    this.#context = context;
    this.#logger = logger;
  }

  /** Before the gate closes, and after an earlier on-release has ended. E_HOOK cancels the migration. */
  async freeze(signal: AbortSignal): Promise<void> {
    if (this.#hooks.onFreeze === undefined) return;
    await this.#releasing;
    this.#frozen = true;
    const { durationMs } = await runHook(
      'on-freeze',
      this.#hooks.onFreeze,
      this.#variables('freeze', ''),
      this.#hooks.timeoutMs,
      signal,
    );
    this.freezeMs = durationMs;
  }

  /** Runs on-release if on-freeze ran before, or `always`. Resolves when it has ended. */
  resumed({ always }: { always: boolean }): Promise<void> {
    if (this.#frozen || always) this.#release('resumed', '');
    this.#frozen = false;
    return this.#releasing;
  }

  moved(location: string): void {
    this.#release('moved', location);
  }

  /** A failure is logged and changes nothing. */
  #release(outcome: string, location: string): void {
    const { onRelease, timeoutMs } = this.#hooks;
    if (onRelease === undefined) return;
    const ended = runHook('on-release', onRelease, this.#variables(outcome, location), timeoutMs).catch(
      (thrown: unknown) => {
        const error = toGodwitError(thrown);
        this.#logger.warn(
          { migration: this.#context.migration, reason: error.message, detail: error.detail },
          'hook failed',
        );
      },
    );
    this.#releasing = ended.then(() => undefined);
  }

  #variables(outcome: string, location: string): Record<string, string> {
    return {
      GODWIT_MIGRATION: this.#context.migration,
      GODWIT_IMAGES: this.#context.images.join(' '),
      GODWIT_PATHS: this.#context.paths.join(' '),
      GODWIT_DESTINATION: this.#context.destination,
      GODWIT_OUTCOME: outcome,
      GODWIT_LOCATION: location,
    };
  }
}
