import { toGodwitError } from '@godwit/errors';
import { Command, type Option } from 'commander';
import type { CliContext, ExitCode } from './context.js';
import { DAEMONS } from './daemons.js';
import * as help from './help.js';
import {
  choice,
  OF_EITHER,
  OF_THE_SOURCE,
  type Run,
  withAgentOptions,
  withFollowing,
  withMigrationOptions,
  withPatience,
} from './options.js';
import { layeredSettings } from './settings/layers.js';
import type { Settings } from './settings/settings.js';
import { vmCommand } from './vmCommands.js';

/** The tree of commands, and the exit code that the one which ran has left. */
export interface Program {
  readonly command: Command;
  exitCode(): ExitCode;
}

/**
 * The whole command tree. What a subcommand does is imported when it runs, so that asking for the status
 * does not load two daemons.
 */
export function buildProgram(context: CliContext, daemons: readonly Command[]): Program {
  let exitCode: ExitCode = 0;
  const root = new Command('godwit')
    .description('Moves a live image to another host while its workload keeps writing.')
    .helpOption('-h, --help', 'show this help')
    .version(VERSION, '-V, --version', 'show the version')
    .addHelpText('after', help.ROOT_HELP);
  const run = (body: (settings: Settings) => Promise<ExitCode>, command: Command): Promise<void> =>
    runWithSettings(context, command, clientKeys(root), body).then((code) => {
      exitCode = code;
    });

  for (const daemon of daemons) root.addCommand(daemon);
  root.addCommand(migrateCommand(context, run));
  root.addCommand(statusCommand(context, run));
  root.addCommand(watchCommand(context, run));
  root.addCommand(
    steeringCommand('cutover', 'let a migration that waits for it switch now', help.CUTOVER_HELP, context, run),
  );
  root.addCommand(steeringCommand('cancel', 'end a migration; the source goes on', help.CANCEL_HELP, context, run));
  root.addCommand(resolveCommand(context, run));
  root.addCommand(imagesCommand(context, run));
  root.addCommand(vmCommand(context, run));
  root.addCommand(certsCommand(context, run));
  root.addCommand(demoCommand(context, run));
  root.addCommand(completionCommand(context, root));
  root.helpCommand('help [command]', 'show the help of a command');
  return { command: root, exitCode: () => exitCode };
}

const VERSION = '0.1.0';

function migrateCommand(context: CliContext, run: Run): Command {
  const command = new Command('migrate')
    .description('move one or more images to another host while they are written to')
    .argument('<name...>', 'images, as `godwit images` names them; several hand over at one instant')
    .option('--to <host:port>', 'where `godwit dest` listens')
    .addOption(
      choice('--mode <mode>', 'live: writes go on; cold: writes are refused, one pass (default: live)', [
        'live',
        'cold',
      ]),
    );
  withMigrationOptions(command, '50ms').option(
    '--seed',
    'begin with the file that stands at the destination, whoever made it, and send what differs; it is overwritten',
  );
  withFollowing(command);
  withPatience(withAgentOptions(command, OF_THE_SOURCE)).addHelpText('after', help.MIGRATE_HELP);
  return command.action((names: string[]) =>
    run(async (settings) => (await import('./commands/migrate.js')).migrate(context, names, settings), command),
  );
}

function statusCommand(context: CliContext, run: Run): Command {
  const command = new Command('status')
    .description('all migrations as a table, or one in plain words')
    .argument('[id]', 'id of a migration')
    .option('--json', 'print one JSON document on stdout');
  withAgentOptions(command, OF_EITHER).addHelpText('after', help.STATUS_HELP);
  return command.action((id: string | undefined) =>
    run(async (settings) => (await import('./commands/show.js')).status(context, id, settings), command),
  );
}

function watchCommand(context: CliContext, run: Run): Command {
  const command = new Command('watch')
    .description('follow a migration to its end')
    .argument('<id>', 'id of a migration')
    .option('--json', 'print the final state as one JSON document on stdout');
  withPatience(withAgentOptions(command, OF_EITHER)).addHelpText('after', help.WATCH_HELP);
  return command.action((id: string) =>
    run(async (settings) => (await import('./commands/watch.js')).watch(context, id, settings), command),
  );
}

function steeringCommand(
  name: 'cutover' | 'cancel',
  description: string,
  text: string,
  context: CliContext,
  run: Run,
): Command {
  const command = new Command(name)
    .description(description)
    .argument('<id>', 'id of a migration')
    .option('--no-wait', 'ask, and do not wait for the result')
    .option('--json', 'print the state as one JSON document on stdout');
  withPatience(withAgentOptions(command, OF_THE_SOURCE)).addHelpText('after', text);
  return command.action((id: string) =>
    run(async (settings) => (await import('./commands/steer.js'))[name](context, id, settings), command),
  );
}

function resolveCommand(context: CliContext, run: Run): Command {
  const command = new Command('resolve')
    .description('end an unknown outcome: ask who owns, or say it')
    .argument('<id>', 'id of a migration')
    .addOption(
      choice('--force-owner <side>', 'source or destination: owns from now on, whatever the other side does', [
        'source',
        'destination',
      ]),
    )
    .option('--yes-i-know', 'that two may own afterwards')
    .option('--json', 'print the state as one JSON document on stdout');
  withAgentOptions(command, OF_EITHER).addHelpText('after', help.RESOLVE_HELP);
  return command.action((id: string) =>
    run(async (settings) => (await import('./commands/resolve.js')).resolve(context, id, settings), command),
  );
}

function imagesCommand(context: CliContext, run: Run): Command {
  const command = new Command('images')
    .description('the images of an agent')
    .option('--json', 'print one JSON document on stdout');
  withAgentOptions(command, OF_EITHER).addHelpText('after', help.IMAGES_HELP);
  return command.action(() =>
    run(async (settings) => (await import('./commands/show.js')).images(context, settings), command),
  );
}

function certsCommand(context: CliContext, run: Run): Command {
  const command = new Command('certs')
    .description('make a private authority and a certificate for each host')
    .addArgument(new Command().createArgument('<action>', 'init').choices(['init']))
    .option('--out <dir>', 'where to put them (default: godwit-certs)')
    .option(
      '--host <names>',
      'names and IP addresses of a host, commas between; repeat for each',
      (text: string, before: string[]) => [...before, text],
      [],
    )
    .option('--days <n>', 'how long the certificates of hosts are valid, 1 to 3650 (default: 730)')
    .option('--force', 'replace certificates and keys that are there; never the authority')
    .addHelpText('after', help.CERTS_HELP);
  return command.action((_: string, { host }: { host: string[] }) =>
    run(async (settings) => (await import('./commands/certs.js')).initCerts(context, host, settings), command),
  );
}

function demoCommand(context: CliContext, run: Run): Command {
  const command = new Command('demo')
    .description('migrate a disk image on this machine while four clients write, and prove the result')
    .option('--size <size>', 'size of the image, 64M to 16G (default: 1G)')
    .option('--keep', 'leave the folder with both images for a look')
    .addHelpText('after', help.DEMO_HELP);
  return command.action(() =>
    run(async (settings) => (await import('./commands/demo.js')).demo(context, settings), command),
  );
}

function completionCommand(context: CliContext, root: Command): Command {
  const command = new Command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Command().createArgument('<shell>', 'bash or zsh').choices(['bash', 'zsh']))
    .addHelpText('after', help.COMPLETION_HELP);
  return command.action(async (shell: 'bash' | 'zsh') => {
    context.stdout.write((await import('./commands/completion.js')).completionScript(root, shell));
  });
}

/** Names that a `--config` file may hold: the options of all commands that are not daemons. */
function clientKeys(root: Command): ReadonlySet<string> {
  const clients = root.commands.filter((command) => !DAEMONS.has(command.name()));
  return new Set(clients.flatMap(optionsWithin).map((option) => option.attributeName()));
}

function optionsWithin(command: Command): Option[] {
  return [...command.options, ...command.commands.flatMap(optionsWithin)];
}

async function runWithSettings(
  context: CliContext,
  command: Command,
  keys: ReadonlySet<string>,
  body: (settings: Settings) => Promise<ExitCode>,
): Promise<ExitCode> {
  const settings = layeredSettings(command, context.env, keys);
  try {
    return await body(settings);
  } catch (thrown) {
    // Who asked for one JSON document gets one, whatever happened; the line on stderr follows.
    if (settings.flag('json')) context.stdout.write(`${JSON.stringify({ error: toGodwitError(thrown) })}\n`);
    throw thrown;
  }
}
