import { resolve } from 'node:path';
import {
  type AgentMetrics,
  type DestinationOptions,
  formatAddress,
  type IncomingWorkloads,
  isLoopback,
  makeFolder,
  type NbdService,
  type OwnershipStore,
} from '@godwit/agent';
import { GodwitError, problemOf } from '@godwit/errors';
import { type Greeted, Listener, type PeerTls, REHEARSES } from '@godwit/transport';
import { watchDestination } from './destinationMetrics.js';
import { DestinationImages, type ImageTaker } from './images/destinationImages.js';
import { checkDirectory, checkStateDir } from './incoming/admission.js';
import { commandWorkloads } from './incoming/commandWorkload.js';
import { IncomingMigrations } from './incoming/incomingMigrations.js';
import type { Advertised } from './incoming/incomingParts.js';
import { RoomReserve } from './incoming/roomReserve.js';
import { LANE_THREADS } from './lanes/laneHost.js';
import { warmUp } from './warmUp.js';

export const AGENT_VERSION = 'godwit 0.1.0';
const ANY_ADDRESS = ['0.0.0.0', '::', ''];

export interface ReceivingParts {
  readonly options: DestinationOptions;
  /** From prepareDirectory. */
  readonly dir: string;
  readonly ownership: OwnershipStore;
  readonly nbd: NbdService;
  readonly metrics: AgentMetrics;
  /** Who has images once they are owned here; this side unless given. */
  readonly taker?: ImageTaker;
  /** What may come with images; the user's command alone unless given. */
  readonly workloads?: IncomingWorkloads;
}

/** What receives images: all of a destination agent but its API, and half of an agent with both roles. */
export class ReceivingSide {
  readonly images: DestinationImages;
  readonly migrations: IncomingMigrations;
  readonly #parts: ReceivingParts;
  #apiPort: number;
  #listener: Listener | undefined;
  /** Sources that came before the agent was ready. */
  #early: Greeted[] | undefined = [];

  constructor(parts: ReceivingParts) {
    const { options, dir, ownership, nbd, metrics, taker } = parts;
    const { stateDir, logger, hooks, token = '' } = options;
    this.#parts = parts;
    this.#apiPort = options.api.port;
    this.images = new DestinationImages(ownership, nbd, taker);
    const own = { dir, stateDir, ownership, images: this.images, logger };
    const workloads = parts.workloads ?? commandWorkloads(hooks);
    const told = { agentVersion: AGENT_VERSION, token, advertised: () => advertised(options, this.#apiPort) };
    this.migrations = new IncomingMigrations({ ...own, workloads, ...told }, options.peerTimeoutMs, (view) => {
      metrics.migrations.inc({ state: view.state });
      metrics.migrationWireBytes.inc(view.wireBytes);
    });
    watchDestination(metrics, this.images, this.migrations, nbd);
  }

  /** Port of the migration protocol, once it listens. */
  get port(): number | undefined {
    return this.#listener?.port;
  }

  /** What earlier lives left: room that nobody needs any more, copies whose sources may come back. */
  async recover(): Promise<void> {
    await RoomReserve.removeAbandoned(this.#parts.dir, this.#parts.options.logger);
    await this.migrations.recover();
  }

  /** Takes connections of sources; they wait until the API listens, for it is the last to, and says that the agent does. */
  async listen(): Promise<void> {
    this.#listener = await listenForSources(this.#parts.options, (connection) => {
      if (this.#early === undefined) this.migrations.connected(connection);
      else this.#early.push(connection);
    });
  }

  /** The API listens: what a move will need is made ready. Sources wait until `admit`. */
  async warm({ url, port }: { readonly url: string; readonly port: number }): Promise<void> {
    this.#apiPort = port;
    if (REHEARSES) await warm(url, this.#parts.options, this.#parts.dir);
    warnOfLoopback(this.#parts.options);
  }

  /** The agent is ready: sources are let in, and threads made for more of them. */
  admit(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const connection of early) this.migrations.connected(connection);
    LANE_THREADS.keep();
  }

  /** Takes no connections, gives up what was not committed; images stay open, for there are clients yet. */
  async end(): Promise<void> {
    const listening = this.#listener?.close();
    await this.migrations.shutDown();
    await LANE_THREADS.drop();
    this.#listener?.destroyConnections();
    await listening;
  }
}

/** The absolute path of the directory, for records outlive this working directory; made if need be. @throws GodwitError E_NOT_WRITABLE, E_STATE_DIR */
export async function prepareDirectory(given: string, stateDir: string): Promise<string> {
  const dir = resolve(given);
  try {
    await makeFolder(dir, 0o755);
  } catch (error) {
    throw new GodwitError('E_NOT_WRITABLE', { path: dir, problem: problemOf(error) }, { cause: error });
  }
  await checkDirectory(dir);
  await checkStateDir(dir, stateDir);
  return dir;
}

function listenForSources(options: DestinationOptions, onGreeted: (connection: Greeted) => void): Promise<Listener> {
  return Listener.listen({
    ...options.listen,
    token: options.token ?? '',
    tls: peerTlsOf(options),
    onGreeted,
    onRefused: (peer, { code, message }) => options.logger.warn({ peer, code, reason: message }, 'connection refused'),
    onError: (error) => options.logger.error({ reason: problemOf(error) }, 'the migration port reports an error'),
  });
}

/** Undefined: sources talk plain text. Whether there is an authority does not change while the agent runs. */
function peerTlsOf({ tls }: DestinationOptions): (() => PeerTls) | undefined {
  const first = tls?.peer;
  return first === undefined ? undefined : () => tls?.peer ?? first;
}

/** Failing to warm up costs some milliseconds of a pause, not the agent. */
async function warm(url: string, { token, tls, logger }: DestinationOptions, dir: string): Promise<void> {
  try {
    await warmUp(url, token, dir, tls?.material);
  } catch (error) {
    logger.warn({ reason: problemOf(error) }, 'the path of writes could not be tried');
  }
}

/** Writers are sent to the API; one that only this host can reach is of no use to those of another. */
function warnOfLoopback({ listen: address, api, advertiseUrl, logger }: DestinationOptions): void {
  if (isLoopback(address.host) || !isLoopback(api.host) || advertiseUrl !== undefined) return;
  logger.warn(
    { api: formatAddress(api) },
    'writers on other hosts will be sent to an API that listens on loopback; set --api or --advertise',
  );
}

/** What sources are told of the API: as advertised, else as listened; an unspecified address is left to them. */
function advertised(options: DestinationOptions, apiPort: number): Advertised {
  if (options.advertiseUrl !== undefined) {
    const url = new URL(options.advertiseUrl);
    const scheme = url.protocol.slice(0, -1);
    const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
    return { apiHost: url.hostname.replace(/^\[|\]$/g, ''), apiPort: port, apiScheme: scheme };
  }
  const { host } = options.api;
  const apiScheme = options.tls === undefined ? 'http' : 'https';
  return { apiHost: ANY_ADDRESS.includes(host) ? '' : host, apiPort, apiScheme };
}
