import { execFileSync } from 'node:child_process';
import type { Stage } from '../harness/stage.js';

const SOURCE_ADDRESS = '10.99.77.1';
const DESTINATION_ADDRESS = '10.99.77.2';
const PREFIX = 30;

/** One network namespace, which stands for a host. */
export interface Host {
  readonly address: string;
  /** Runs a command there. */
  readonly wrapper: readonly string[];
  /** The interface to the other one. */
  readonly link: string;
  readonly namespace: string;
}

export interface TwoHosts {
  readonly source: Host;
  readonly destination: Host;
}

/**
 * Two namespaces that know only each other, over a link of `rate` (tc tbf at both ends). They are taken
 * away with the stage, whatever happened. Needs root, ip and tc.
 */
export function makeTwoHosts(stage: Stage, rate: string): TwoHosts {
  const source = hostOf('s', SOURCE_ADDRESS);
  const destination = hostOf('d', DESTINATION_ADDRESS);
  for (const { namespace } of [source, destination]) {
    run('ip', 'netns', 'add', namespace);
    // Deleting the namespace takes its end of the link, and that takes the other.
    stage.atEnd(async () => run('ip', 'netns', 'del', namespace));
  }
  const peer = ['peer', 'name', destination.link, 'netns', destination.namespace];
  run('ip', 'link', 'add', source.link, 'netns', source.namespace, 'type', 'veth', ...peer);
  for (const { namespace, link, address } of [source, destination]) {
    run('ip', '-n', namespace, 'addr', 'add', `${address}/${PREFIX}`, 'dev', link);
    run('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
    run('ip', '-n', namespace, 'link', 'set', link, 'up');
    const shape = ['root', 'tbf', 'rate', rate, 'burst', '256kb', 'latency', '50ms'];
    run('tc', '-n', namespace, 'qdisc', 'add', 'dev', link, ...shape);
  }
  return { source, destination };
}

/** Cuts or mends the link at one end. */
export function setLink({ namespace, link }: Host, state: 'up' | 'down'): void {
  run('ip', '-n', namespace, 'link', 'set', link, state);
}

/** Bytes that left over the host's link, as its kernel counts them. */
export function sentBytesOf({ namespace, link }: Host): number {
  const text = execFileSync('ip', ['-n', namespace, '-s', '-j', 'link', 'show', link], { encoding: 'utf8' });
  const bytes = /"tx":\s*\{[^}]*"bytes":\s*(\d+)/.exec(text)?.[1];
  if (bytes === undefined) throw new Error(`no byte count in ${text}`);
  return Number(bytes);
}

function hostOf(role: 's' | 'd', address: string): Host {
  const namespace = `godwit-${role}-${process.pid}`;
  return {
    address,
    namespace,
    wrapper: ['ip', 'netns', 'exec', namespace],
    link: `gw-${role}-${process.pid % 100_000}`,
  };
}

function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
