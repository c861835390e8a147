import { GodwitError, toGodwitError } from '@godwit/errors';
import { type Command, CommanderError } from 'commander';
import type { CliContext } from './context.js';
import { daemonCommands } from './daemons.js';
import { ROOT_HELP } from './help.js';
import { buildProgram } from './program.js';
import { errorLine, printError } from './report.js';

/** Runs one command line (without node and script) and returns its exit code; never throws. */
export async function main(context: CliContext, words: readonly string[]): Promise<number> {
  try {
    const program = buildProgram(context, await daemonCommands(words));
    quietly(program.command, context);
    if (words.length === 0) {
      context.stderr.write(program.command.helpInformation() + ROOT_HELP);
      return 2;
    }
    await program.command.parseAsync(words, { from: 'user' });
    return program.exitCode();
  } catch (thrown) {
    if (thrown instanceof CommanderError) return usageOf(context, thrown, words);
    printError(context, thrown);
    return toGodwitError(thrown).exitCode;
  }
}

/** Commander throws instead of exiting, writes help where we say, and leaves errors to us. */
function quietly(command: Command, context: CliContext): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => void context.stdout.write(text),
    writeErr: () => undefined,
    getOutHelpWidth: () => context.stdout.columns ?? 100,
    getOutHasColors: () => false,
  });
  for (const child of command.commands) quietly(child, context);
}

/** Help and version are no errors; the rest is one line, where commander writes two for a suggestion. */
function usageOf(context: CliContext, error: CommanderError, words: readonly string[]): number {
  if (error.exitCode === 0) return 0;
  // Commander would show the help of what there is, and say no more than that.
  const isHelp = error.code === 'commander.help';
  const missing = words.includes('help') ? 'there is no such command' : `${words.join(' ')} needs another command`;
  const problem = isHelp ? missing : error.message.replace(/^error: /, '');
  const group = words[0] === 'vm' ? 'godwit vm' : 'godwit';
  context.stderr.write(`${errorLine(new GodwitError('E_USAGE', { problem }))}; see \`${group} --help\`\n`);
  return 2;
}
