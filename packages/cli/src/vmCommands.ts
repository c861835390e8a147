import { Command } from 'commander';
import type { CliContext } from './context.js';
import * as help from './help.js';
import { choice, type Run, withAgentOptions, withFollowing, withMigrationOptions, withPatience } from './options.js';

const OF_THE_HOST = "API of the machine's `godwit host`";
const HOST_URL = 'http://127.0.0.1:7401';

/** `godwit vm ...`: virtual machines, through an agent with both roles. */
export function vmCommand(context: CliContext, run: Run): Command {
  const group = new Command('vm')
    .description('run virtual machines, and move them to another host while they run')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', help.VM_HELP);
  group.addCommand(runCommand(context, run));
  group.addCommand(statusCommand(context, run));
  group.addCommand(checkCommand(context, run));
  group.addCommand(migrateCommand(context, run));
  group.addCommand(stopCommand(context, run));
  group.addCommand(startCommand(context, run));
  group.addCommand(forgetCommand(context, run));
  group.addCommand(demoCommand(context, run));
  return group;
}

function withHostOptions(command: Command): Command {
  return withAgentOptions(command, OF_THE_HOST, HOST_URL);
}

function runCommand(context: CliContext, run: Run): Command {
  const command = new Command('run')
    .description('start a virtual machine from its manifest')
    .argument('<file>', 'the manifest, JSON; paths in it that are relative begin where it stands')
    .option('--json', 'print the machine as one JSON document on stdout');
  withHostOptions(command).addHelpText('after', help.VM_RUN_HELP);
  return command.action((file: string) =>
    run(async (settings) => (await import('./commands/vm/run.js')).runVm(context, file, settings), command),
  );
}

function statusCommand(context: CliContext, run: Run): Command {
  const command = new Command('status')
    .description('all virtual machines as a table, or one in plain words')
    .argument('[name]', 'name of a machine')
    .option('--json', 'print one JSON document on stdout');
  withHostOptions(command).addHelpText('after', help.VM_STATUS_HELP);
  return command.action((name: string | undefined) =>
    run(async (settings) => (await import('./commands/vm/show.js')).vmStatus(context, name, settings), command),
  );
}

/** Where a machine is to go: of check and of migrate. */
function withMoveOptions(command: Command): Command {
  return command
    .argument('<name>', 'name of a machine')
    .option('--to <host:port>', 'where `godwit host` listens for migrations there, such as host2:7400')
    .addOption(
      choice(
        '--storage <how>',
        'copy: its disks move with it; shared: both hosts have them, as its manifest says (default: copy)',
        ['copy', 'shared'],
      ),
    )
    .option(
      '--map-nic <old=new>',
      'a bridge, tap device or forwarded port that is called otherwise there; repeat for each, or commas between',
      (text: string, before: string | undefined) => (before === undefined ? text : `${before},${text}`),
    );
}

function checkCommand(context: CliContext, run: Run): Command {
  const command = new Command('check').description('what stands against a move, as both hosts see it; moves nothing');
  withMoveOptions(command).option('--json', 'print the findings as one JSON document on stdout');
  withHostOptions(command).addHelpText('after', help.VM_CHECK_HELP);
  return command.action((name: string) =>
    run(async (settings) => (await import('./commands/vm/move.js')).checkVm(context, name, settings), command),
  );
}

function migrateCommand(context: CliContext, run: Run): Command {
  const command = new Command('migrate').description('move a virtual machine to another host while it runs');
  withMoveOptions(command).option('--force-warnings', 'go on in spite of warnings; errors cannot be forced');
  withFollowing(withMigrationOptions(command, "300ms, as QEMU's downtime-limit"));
  withPatience(withHostOptions(command)).addHelpText('after', help.VM_MIGRATE_HELP);
  return command.action((name: string) =>
    run(async (settings) => (await import('./commands/vm/move.js')).migrateVm(context, name, settings), command),
  );
}

function stopCommand(context: CliContext, run: Run): Command {
  const command = new Command('stop')
    .description('ask a virtual machine to power off, and wait until it has')
    .argument('<name>', 'name of a machine')
    .option('--force', 'pull its plug')
    .option('--json', 'print the machine as one JSON document on stdout');
  withHostOptions(command).addHelpText('after', help.VM_STOP_HELP);
  return command.action((name: string) =>
    run(async (settings) => (await import('./commands/vm/end.js')).stopVm(context, name, settings), command),
  );
}

function startCommand(context: CliContext, run: Run): Command {
  const command = new Command('start')
    .description('start a virtual machine that is off')
    .argument('<name>', 'name of a machine')
    .option('--json', 'print the machine as one JSON document on stdout');
  withHostOptions(command).addHelpText('after', help.VM_START_HELP);
  return command.action((name: string) =>
    run(async (settings) => (await import('./commands/vm/run.js')).startVm(context, name, settings), command),
  );
}

function forgetCommand(context: CliContext, run: Run): Command {
  const command = new Command('forget')
    .description('forget a virtual machine that is off or has left; its disks stay')
    .argument('<name>', 'name of a machine');
  withHostOptions(command).addHelpText('after', help.VM_FORGET_HELP);
  return command.action((name: string) =>
    run(async (settings) => (await import('./commands/vm/end.js')).forgetVm(context, name, settings), command),
  );
}

function demoCommand(context: CliContext, run: Run): Command {
  const command = new Command('demo')
    .description('move a running virtual machine between two agents on this machine and back, and prove the result')
    .addHelpText('after', help.VM_DEMO_HELP);
  return command.action(() => run(async () => (await import('./commands/vm/demo.js')).vmDemo(context), command));
}
