import { resolve } from 'node:path';
import {
  type AgentMetrics,
  type Api,
  createApi,
  createMetrics,
  type DestinationOptions,
  formatAddress,
  isLoopback,
  listen,
  makeFolder,
  NbdMetrics,
  NbdService,
  OwnershipStore,
  type RunningAgent,
  registerImageRoutes,
  registerMigrationRoutes,
} from '@godwit/agent';
import { GodwitError, problemOf } from '@godwit/errors';
import { type Greeted, Listener, type PeerTls } from '@godwit/transport';
import { watchDestination } from './destinationMetrics.js';
import { DestinationImages } from './images/destinationImages.js';
import { checkDirectory, checkStateDir } from './incoming/admission.js';
import { commandWorkloads } from './incoming/commandWorkload.js';
import { IncomingMigrations } from './incoming/incomingMigrations.js';
import type { Advertised, IncomingParts } from './incoming/incomingParts.js';
import { RoomReserve } from './incoming/roomReserve.js';
import { LANE_THREADS } from './lanes/laneHost.js';
import { warmUp } from './warmUp.js';

export const AGENT_VERSION = 'godwit 0.1.0';
const ANY_ADDRESS = ['0.0.0.0', '::', ''];

/**
 * Starts a destination agent: serves the images it owns, listens for sources. `close` gives up what
 * was not committed and lets everything go.
 */
export async function startDestination(options: DestinationOptions): Promise<RunningAgent> {
  const { logger, stateDir } = options;
  const dir = await prepareDirectory(options.dir);
  await checkStateDir(dir, stateDir);
  const ownership = await OwnershipStore.open(stateDir);
  const nbd = new NbdService(options.nbd, logger, dir);
  const images = new DestinationImages(ownership, nbd);
  const metrics = createMetrics('destination');
  let apiPort = options.api.port;
  let ready = false;
  let listener: Listener | undefined;
  const parts = { dir, stateDir, ownership, images, logger, advertised: () => advertised(options, apiPort) };
  options.tls?.onRenewed((material) => nbd.renew(material));
  const migrations = makeMigrations(options, parts, metrics);
  watchDestination(metrics, images, migrations, nbd);
  new NbdMetrics(metrics, () => nbd.totals());
  const api = await makeApi(options, metrics, () => ready);
  const close = async () => {
    ready = false;
    const listening = listener?.close();
    await migrations.shutDown();
    await LANE_THREADS.drop();
    listener?.destroyConnections();
    await listening;
    await nbd.close();
    await api.close();
    await images.closeAll();
    await ownership.close();
  };
  try {
    await RoomReserve.removeAbandoned(dir, logger);
    await migrations.recover();
    images.reopen(logger);
    await nbd.listen();
    registerImageRoutes(api, images);
    registerMigrationRoutes(api, migrations);
    // The API last, for it says that it listens; sources that come before it are let in then.
    const early: Greeted[] = [];
    listener = await listenForSources(options, (connection) => {
      if (ready) migrations.connected(connection);
      else early.push(connection);
    });
    const { url, port } = await listen(api, options.api, '--api');
    apiPort = port;
    LANE_THREADS.keep();
    await warm(url, options, dir);
    ready = true;
    warnOfLoopback(options);
    for (const connection of early) migrations.connected(connection);
    return { apiUrl: url, listenPort: listener.port, nbdUris: nbd.urisOf(''), close, ...reloading(options) };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What SIGHUP does. */
function reloading({ tls, logger }: DestinationOptions): Pick<RunningAgent, 'reload'> {
  return tls === undefined ? {} : { reload: () => tls.reload(logger) };
}

type OwnParts = Pick<IncomingParts, 'dir' | 'stateDir' | 'ownership' | 'images' | 'logger' | 'advertised'>;

function makeMigrations(options: DestinationOptions, parts: OwnParts, metrics: AgentMetrics): IncomingMigrations {
  const workloads = commandWorkloads(options.hooks);
  const all = { ...parts, workloads, agentVersion: AGENT_VERSION, token: options.token ?? '' };
  return new IncomingMigrations(all, options.peerTimeoutMs, (view) => {
    metrics.migrations.inc({ state: view.state });
    metrics.migrationWireBytes.inc(view.wireBytes);
  });
}

function makeApi(options: DestinationOptions, metrics: AgentMetrics, ready: () => boolean): Promise<Api> {
  const { logger, token, tls } = options;
  const proof = { ...(token === undefined ? {} : { token }), ...(tls === undefined ? {} : { tls }) };
  return createApi({ title: 'Godwit destination agent', role: 'destination', logger, metrics, ready, ...proof });
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

/** The absolute path of the directory, for records outlive this working directory; made if need be. */
async function prepareDirectory(given: string): Promise<string> {
  const dir = resolve(given);
  try {
    await makeFolder(dir, 0o755);
  } catch (error) {
    throw new GodwitError('E_NOT_WRITABLE', { path: dir, problem: problemOf(error) }, { cause: error });
  }
  await checkDirectory(dir);
  return dir;
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
