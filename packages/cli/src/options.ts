import { type Command, Option } from 'commander';
import type { ExitCode } from './context.js';
import type { Settings } from './settings/settings.js';

/** Runs what a command does, with its settings of all layers. */
export type Run = (body: (settings: Settings) => Promise<ExitCode>, command: Command) => Promise<void>;

export const OF_THE_SOURCE = "the source agent's API";
export const OF_EITHER = "an agent's API, the source's or a destination's";

/** Options that every command has that talks to an agent. */
export function withAgentOptions(
  command: Command,
  sourceDescription: string,
  defaultUrl = 'http://127.0.0.1:7301',
): Command {
  return command
    .option('--source <url>', `${sourceDescription} (default: ${defaultUrl})`)
    .option('--token-file <file>', 'file with the bearer token that the agent asks for')
    .option(
      '--tls-ca <file>',
      'certificates, PEM, one of which must have signed that of the agent; https is spoken then',
    )
    .option('--tls-cert <file>', 'certificate to show to an agent that asks for one, PEM')
    .option('--tls-key <file>', 'private key of the certificate, PEM, not encrypted')
    .option('--config <file>', 'JSON file with any of these options');
}

/** How a migration is to go about it, whatever it moves. */
export function withMigrationOptions(command: Command, downtimeDefault: string): Command {
  return command
    .option('--downtime <time>', `longest pause that is acceptable, such as 30ms (default: ${downtimeDefault})`)
    .option('--bandwidth <rate>', 'cap over all lanes, such as 1Gbit or 100MB/s, or off (default: off)')
    .option('--scrub-rate <rate>', 'cap on what reading back reads on each side, but for the pause (default: off)')
    .option('--lanes <n>', 'connections that carry data, 1 to 16 (default: as the source sees fit)')
    .addOption(
      choice(
        '--encoding <how>',
        'auto: each lane compresses where that is faster; raw: never; lz4: wherever it shrinks (default: auto)',
        ['auto', 'raw', 'lz4'],
      ),
    )
    .addOption(
      choice(
        '--verify <mode>',
        'full: both files are read back and compared; wire: hashes on arrival only (default: full)',
        ['full', 'wire'],
      ),
    )
    .option('--max-rounds <n>', 'stop when so many rounds did not suffice (default: 1000)')
    .option('--timeout <time>', 'stop when it took so long, such as 20m (default: 1h)')
    .addOption(
      choice('--on-stall <action>', 'at a stop: abort, or force the switch whatever the pause (default: abort)', [
        'abort',
        'force',
      ]),
    )
    .addOption(
      choice('--cutover <when>', 'auto: switch when short enough; manual: hold for `godwit cutover` (default: auto)', [
        'auto',
        'manual',
      ]),
    )
    .option(
      '--resume-for <time>',
      'how long a lost link is tried again while the workload runs on; 0s: not (default: 10m)',
    );
}

/** Of commands that start a migration and follow it. */
export function withFollowing(command: Command): Command {
  return command
    .option('--detach', 'print the id and leave the migration running')
    .option('--json', 'print the final state as one JSON document on stdout');
}

export function withPatience(command: Command): Command {
  return command.option(
    '--patience <time>',
    'how long to wait for an agent that fell silent or an outcome that is unknown (default: 15s)',
  );
}

/** An option of which the values are known. */
export function choice(flags: string, description: string, choices: string[]): Option {
  const option = new Option(flags, description);
  // Not choices(): that makes commander refuse, and a bad value is E_BAD_VALUE from whichever layer it came.
  option.argChoices = choices;
  return option;
}
