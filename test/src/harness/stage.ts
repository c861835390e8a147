/**
 * A place for one test: a folder on a fast file system, daemons, proxies and writers in it, and an end
 * that takes all of it away whatever happened.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OracleOptions, WriterOracle } from '../oracle/writerOracle.js';
import { DelayProxy, type DelayProxyOptions } from './delayProxy.js';
import { type ClientTls, clientTlsOf } from './httpCall.js';
import { freePort } from './ports.js';
import { type DaemonPlan, RunningDaemon } from './runningDaemon.js';
import { type ProxyOptions, TcpProxy } from './tcpProxy.js';

export interface SourceOptions {
  /** Name to path, or to `path,block=4K` and the like. */
  readonly images: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
  readonly token?: string;
}

export interface DestinationOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
  readonly token?: string;
}

/** Images that it begins with, if any. */
export type HostOptions = DestinationOptions & Partial<Pick<SourceOptions, 'images'>>;

/** Of a descriptor that is closed twice, of listeners that pile up: nothing that an operator is to read. */
const WARNING = /^\(node:\d+\) .*$/m;

/** How long a daemon under test waits for a silent peer: short, so that tests of it are. */
export const PEER_TIMEOUT_MS = 2000;

export class Stage {
  readonly directory: string;
  readonly #daemons: RunningDaemon[] = [];
  readonly #outputs: (() => string)[] = [];
  readonly #endings: (() => Promise<void>)[] = [];
  #folders = 0;

  /** A temporary folder, in memory where the machine offers that. */
  constructor(parent: string = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()) {
    this.directory = mkdtempSync(join(parent, 'godwit-test-'));
  }

  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  /** A source agent that is ready. */
  async source(options: SourceOptions): Promise<RunningDaemon> {
    return started(await this.plannedSource(options));
  }

  /** As source, to be started by the test. */
  async plannedSource(options: SourceOptions): Promise<RunningDaemon> {
    const listen = `127.0.0.1:${await freePort()}`;
    const args = [...imageArgs(options.images), '--listen', listen, '--state-dir', await this.folder('source-state')];
    return this.#keep({
      role: 'source',
      args: [...args, ...common(options)],
      ...api(listen, options),
      ...more(options),
    });
  }

  /** A destination agent that is ready; images arrive in its `directory`. */
  async destination(options: DestinationOptions = {}): Promise<RunningDaemon> {
    return started(await this.plannedDestination(options));
  }

  /** As destination, to be started by the test. */
  async plannedDestination(options: DestinationOptions = {}): Promise<RunningDaemon> {
    const directory = await this.folder('images');
    const port = await freePort();
    const address = `127.0.0.1:${await freePort()}`;
    const args = ['--dir', directory, '--listen', `127.0.0.1:${port}`, '--api', address];
    args.push('--state-dir', await this.folder('destination-state'), ...common(options));
    return this.#keep({ role: 'dest', args, ...api(address, options), port, directory, ...more(options) });
  }

  /** An agent with both roles that is ready; images arrive in its `directory`. */
  async host(options: HostOptions = {}): Promise<RunningDaemon> {
    return started(await this.plannedHost(options));
  }

  /** As host, to be started by the test. */
  async plannedHost(options: HostOptions = {}): Promise<RunningDaemon> {
    const { plan } = await this.plannedDestination(options);
    return this.#keep({ ...plan, role: 'host', args: [...imageArgs(options.images), ...plan.args] });
  }

  async proxy(options: ProxyOptions): Promise<TcpProxy> {
    const proxy = await TcpProxy.listen(options);
    this.atEnd(() => proxy.close());
    return proxy;
  }

  /** A long wire; see DelayProxy. */
  async delayProxy(options: DelayProxyOptions): Promise<DelayProxy> {
    const proxy = await DelayProxy.listen(options);
    this.atEnd(() => proxy.close());
    return proxy;
  }

  /** Writers that are stopped at the end, if the test did not. */
  writers(options: OracleOptions): WriterOracle {
    const oracle = new WriterOracle(options);
    // A writer that waits at a closed gate ends when its agent does, so this is not waited for first.
    this.atEnd(async () => void oracle.stop().catch(() => undefined));
    return oracle;
  }

  /** A new folder of the stage. */
  async folder(name: string): Promise<string> {
    const path = this.path(`${name}-${++this.#folders}`);
    await mkdir(path);
    return path;
  }

  /** Keeps an agent of any plan, started already or not ready on purpose. */
  async start(plan: DaemonPlan): Promise<RunningDaemon> {
    return started(this.#keep(plan));
  }

  atEnd(ending: () => Promise<void>): void {
    this.#endings.push(ending);
  }

  /** Adds to what is shown when the test fails. */
  keepOutput(output: () => string): void {
    this.#outputs.push(output);
  }

  /** What the daemons printed. */
  output(): string {
    const others = this.#outputs.map((output) => output());
    return [...others, ...this.#printed()].join('\n');
  }

  #printed(): string[] {
    return this.#daemons.map((daemon) => `--- ${daemon.plan.role} ${daemon.plan.apiUrl}\n${daemon.output}`);
  }

  async close(): Promise<void> {
    for (const ending of this.#endings.splice(0).reverse()) await ending();
    await Promise.all(this.#daemons.map((daemon) => daemon.close()));
    rmSync(this.directory, { recursive: true, force: true });
    const warning = WARNING.exec(this.output())?.[0];
    if (warning !== undefined) throw new Error(`an agent was warned by Node.js: ${warning}`);
  }

  #keep(plan: DaemonPlan): RunningDaemon {
    const daemon = new RunningDaemon(plan);
    this.#daemons.push(daemon);
    return daemon;
  }
}

function imageArgs(images: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(images).flatMap(([name, path]) => ['--image', `${name}=${path}`]);
}

async function started(daemon: RunningDaemon): Promise<RunningDaemon> {
  await daemon.start();
  return daemon;
}

/** An agent with a certificate speaks https, and takes its own for a client's. */
function api(
  address: string,
  { args = [] }: { readonly args?: readonly string[] },
): { apiUrl: string; tls: ClientTls | undefined } {
  const tls = clientTlsOf(args);
  return { apiUrl: `${tls === undefined ? 'http' : 'https'}://${address}`, tls };
}

function common({ args = [] }: { readonly args?: readonly string[] }): string[] {
  const timeout = args.includes('--peer-timeout') ? [] : ['--peer-timeout', `${PEER_TIMEOUT_MS}ms`];
  return [...timeout, ...args];
}

function more({
  env,
  nodeArgs,
  token,
}: SourceOptions | DestinationOptions): Pick<DaemonPlan, 'env' | 'nodeArgs' | 'token'> {
  return {
    ...(env === undefined ? {} : { env }),
    ...(nodeArgs === undefined ? {} : { nodeArgs }),
    ...(token === undefined ? {} : { token }),
  };
}
