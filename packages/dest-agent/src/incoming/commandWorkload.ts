import {
  type Arrival,
  type DestinationOptions,
  type DestinationWorkload,
  type IncomingWorkloads,
  runHook,
} from '@godwit/agent';
import { GodwitError } from '@godwit/errors';

/** The workload of an agent that takes in images alone: the user's command is told that one is here. */
class CommandWorkload implements DestinationWorkload {
  readonly #hooks: DestinationOptions['hooks'];
  readonly #arrival: Arrival;

  constructor(hooks: DestinationOptions['hooks'], arrival: Arrival) {
    this.#hooks = hooks;
    this.#arrival = arrival;
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }
  load(): Promise<void> {
    return Promise.resolve();
  }
  abandon(): Promise<void> {
    return Promise.resolve();
  }

  /** Runs --on-takeover. @throws GodwitError E_HOOK */
  async run(): Promise<void> {
    const { onTakeover, timeoutMs } = this.#hooks;
    if (onTakeover === undefined) return;
    const { migration, names, paths } = this.#arrival;
    const variables = {
      GODWIT_MIGRATION: migration,
      GODWIT_IMAGES: names.join(' '),
      GODWIT_PATHS: paths.join(' '),
      GODWIT_OUTCOME: 'taken',
    };
    await runHook('on-takeover', onTakeover, variables, timeoutMs);
  }
}

/** @param hooks of the agent's options */
export function commandWorkloads(hooks: DestinationOptions['hooks']): IncomingWorkloads {
  return {
    survey: (workload) => Promise.reject(unknownDriver(workload)),
    receive: (arrival) => {
      if (arrival.workload !== '') throw unknownDriver(arrival.workload);
      return new CommandWorkload(hooks, arrival);
    },
  };
}

function unknownDriver(workload: string): GodwitError {
  const problem = `this agent takes in images alone, no "${workload}"; start it with "godwit host"`;
  return new GodwitError('E_WORKLOAD', { problem });
}
