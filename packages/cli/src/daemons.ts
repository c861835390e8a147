import { Command } from 'commander';

/** What the list of commands says about the daemons, whether they are loaded or not. */
const SUMMARIES = {
  source: 'run the source agent: the path through which an image is written',
  dest: 'run the destination agent: receives images and serves them from then on',
} as const;

/** The words that need the daemons' own options: they run them, or show them, or complete them. */
const NEEDS_DAEMONS: ReadonlySet<string> = new Set(['source', 'dest', 'help', 'completion']);

/**
 * `godwit source` and `godwit dest`. Their options live in the agent package; they are only loaded when
 * the first word asks for them, otherwise their names stand in for them.
 */
export async function daemonCommands(words: readonly string[]): Promise<readonly Command[]> {
  const first = words.find((word) => !word.startsWith('-'));
  if (first === undefined || !NEEDS_DAEMONS.has(first)) {
    return [new Command('source').description(SUMMARIES.source), new Command('dest').description(SUMMARIES.dest)];
  }
  const { destinationCommand, sourceCommand } = await import('@godwit/agent');
  return [
    sourceCommand(async (options) => (await import('@godwit/source-agent')).startSource(options)).summary(
      SUMMARIES.source,
    ),
    destinationCommand(async (options) => (await import('@godwit/dest-agent')).startDestination(options)).summary(
      SUMMARIES.dest,
    ),
  ];
}
