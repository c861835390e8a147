import { Command } from 'commander';

/** What the list of commands says about the daemons, whether they are loaded or not. */
const SUMMARIES = {
  source: 'run the source agent: the path through which an image is written',
  dest: 'run the destination agent: receives images and serves them from then on',
  host: 'run an agent with both roles: serves images, receives others, and sends any of them on',
  proxy: 'serve images over NBD from wherever they are, through their moves',
} as const;

/** Names of the commands that run until a signal. */
export const DAEMONS: ReadonlySet<string> = new Set(Object.keys(SUMMARIES));

/** The words that need the daemons' own options: they run them, or show them, or complete them. */
const NEEDS_DAEMONS: ReadonlySet<string> = new Set([...DAEMONS, 'help', 'completion']);

/**
 * `godwit source`, `godwit dest`, `godwit host` and `godwit proxy`. Their options live in the packages that run them; they are only
 * loaded when the first word asks for them, otherwise their names stand in for them.
 */
export async function daemonCommands(words: readonly string[]): Promise<readonly Command[]> {
  const first = words.find((word) => !word.startsWith('-'));
  if (first === undefined || !NEEDS_DAEMONS.has(first)) {
    return Object.entries(SUMMARIES).map(([name, summary]) => new Command(name).description(summary));
  }
  const [{ destinationCommand, hostCommand, sourceCommand }, { proxyCommand, startProxy }] = await Promise.all([
    import('@godwit/agent'),
    import('@godwit/proxy'),
  ]);
  return [
    sourceCommand(async (options) => (await import('@godwit/source-agent')).startSource(options)).summary(
      SUMMARIES.source,
    ),
    destinationCommand(async (options) => (await import('@godwit/dest-agent')).startDestination(options)).summary(
      SUMMARIES.dest,
    ),
    hostCommand(async (options) => (await import('@godwit/host')).startHost(options)).summary(SUMMARIES.host),
    proxyCommand(startProxy).summary(SUMMARIES.proxy),
  ];
}
