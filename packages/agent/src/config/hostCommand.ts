import type { Command } from 'commander';
import type { HostOptions, RunningAgent } from './agentOptions.js';
import { defineDaemon } from './daemonCommand.js';
import { RECEIVING_DETAILS, RECEIVING_OPTIONS, readDestinationOptions } from './destinationCommand.js';
import type { OptionValues } from './optionValues.js';
import { ALLOW_ROOT, IMAGE, ON_FREEZE, ON_RELEASE } from './sourceCommand.js';
import { INSECURE } from './tlsOptions.js';

const EXAMPLES = `Example, the same on each of several hosts:
  godwit host --dir /var/lib/images
  godwit migrate vm --to other-host:7400 --source http://127.0.0.1:7401
`;

/** `godwit host`: what a source and a destination understand, but for where the API stands, which is --api. */
export function hostCommand(start: (options: HostOptions) => Promise<RunningAgent>): Command {
  return defineDaemon({
    name: 'host',
    summary: 'Serve images, receive others, and send any of them on',
    examples: EXAMPLES,
    options: [...RECEIVING_OPTIONS, IMAGE, ALLOW_ROOT, ON_FREEZE, ON_RELEASE, ...RECEIVING_DETAILS],
    start: async (values) => start(readHostOptions(values)),
  });
}

/** @throws GodwitError for the first value that is wrong */
function readHostOptions(values: OptionValues): HostOptions {
  const images = values.get(IMAGE);
  const onFreeze = values.get(ON_FREEZE);
  const onRelease = values.get(ON_RELEASE);
  const receiving = readDestinationOptions(values);
  return {
    ...receiving,
    images,
    allowRoots: values.get(ALLOW_ROOT),
    ...(values.get(INSECURE) ? { insecure: true } : {}),
    hooks: {
      ...receiving.hooks,
      ...(onFreeze === undefined ? {} : { onFreeze }),
      ...(onRelease === undefined ? {} : { onRelease }),
    },
  };
}
