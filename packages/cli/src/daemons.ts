import { Command } from 'commander';

/** What the list of commands says about the daemons, whether they are loaded or not. */
const SUMMARIES = {
  source: 'run the source agent: the path through which an image is written',
  dest: 'run the destination agent: receives images and serves them from then on',
} as const;

/**
 * `godwit source` and `godwit dest`. Their options live in the agent package; they are only loaded when
 * the first word asks for them, otherwise their names stand in for them.
 */
export async function daemonCommands(words: readonly string[]): Promise<readonly Command[]> {
  void words;
  return [new Command('source').description(SUMMARIES.source), new Command('dest').description(SUMMARIES.dest)];
}
