import { Command } from 'commander';
import type { RunningAgent, RunningDaemon } from './agentOptions.js';
import type { OptionDefinition } from './option.js';
import { addOptions, OptionValues } from './optionValues.js';
import { runDaemon } from './runDaemon.js';

const USAGE_EXIT_CODE = 2;

/** What makes a command a daemon: its options, and how to start it from their values. */
export interface DaemonSpec {
  readonly name: string;
  readonly summary: string;
  /** Shown below the options. */
  readonly examples: string;
  readonly options: readonly OptionDefinition<unknown>[];
  /** Reads every value before it starts anything, so that a mistake leaves nothing half made. */
  start(values: OptionValues): Promise<RunningAgent | RunningDaemon>;
}

/** The command that runs a daemon; used by its own bin and mounted by `godwit`. */
export function defineDaemon(spec: DaemonSpec): Command {
  const command = new Command(spec.name)
    .description(spec.summary)
    .addHelpText('after', `\nEach option can also be a GODWIT_* variable or a key of --config.\n\n${spec.examples}`)
    .allowExcessArguments(false);
  addOptions(command, spec.options);
  exitOnUsage(command);
  return command.action(async () => {
    await runDaemon(`godwit ${spec.name}`, async () => spec.start(new OptionValues(spec.options, command.opts())));
  });
}

/** Commander ends with 1 after a usage error; Godwit's code for usage is 2. */
export function exitOnUsage(command: Command): Command {
  return command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_EXIT_CODE));
}
