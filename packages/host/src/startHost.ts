import { realpathSync } from 'node:fs';
import {
  type AgentMetrics,
  AllowedRoots,
  type Api,
  createApi,
  createMetrics,
  type HostOptions,
  isLoopback,
  listen,
  type MigrationRequest,
  NbdMetrics,
  NbdService,
  OwnershipStore,
  parseAddress,
  type RunningAgent,
  registerImageRoutes,
  registerMigrationRoutes,
} from '@godwit/agent';
import { commandWorkloads, prepareDirectory, ReceivingSide } from '@godwit/dest-agent';
import { GodwitError } from '@godwit/errors';
import { SendingSide } from '@godwit/source-agent';
import { registerVmRoutes } from '@godwit/vm';
import { HostImages } from './hostImages.js';
import { HostMigrations } from './hostMigrations.js';
import { openOwned } from './openOwned.js';
import { isOwnAddress } from './ownAddress.js';
import { Vms } from './vms.js';

/**
 * Starts an agent with both roles: what arrives here may be sent on from here. The two sides share records, exports, API and
 * metrics, and know of one another only by what is handed over (ARCHITECTURE.md, "One agent, both roles"). `close` cancels what
 * goes out and can be cancelled, gives up what comes in and was not committed, and lets everything go.
 */
export async function startHost(options: HostOptions): Promise<RunningAgent> {
  const { logger, stateDir, tls } = options;
  const roots = AllowedRoots.of(options.allowRoots ?? [], isLoopback(options.api.host));
  const dir = realpathSync(await prepareDirectory(options.dir, stateDir));
  const ownership = await OwnershipStore.open(stateDir);
  const nbd = new NbdService(options.nbd, logger, dir);
  const metrics = createMetrics('host');
  const shared = { ownership, nbd, metrics };
  const sending: SendingSide = new SendingSide({
    ...shared,
    roots,
    options: { ...options, listen: options.api },
    workloadOf: (context) => vms.service.workloadOf(context),
  });
  const plain = commandWorkloads(options.hooks);
  // Its programs have a working directory of their own, and the kernel tells of mounts by real paths.
  const vms = new Vms({ dir, stateDir: realpathSync(stateDir), logger, ownership, plain, images: sending.images });
  const receiving = new ReceivingSide({ ...shared, options, dir, taker: sending.images, workloads: vms.service });
  tls?.onRenewed((material) => nbd.renew(material));
  new NbdMetrics(metrics, () => nbd.totals());
  let ready = false;
  const api = await makeApi(options, metrics, () => ready);
  const close = async () => {
    ready = false;
    await Promise.all([sending.end(), receiving.end()]);
    await vms.close();
    await nbd.close();
    await api.close();
    await Promise.all([sending.images.closeAll(), receiving.images.closeAll()]);
    await ownership.close();
  };
  try {
    await receiving.recover();
    await openOwned({ images: sending.images, ownership, dir, logger }, options.images);
    await nbd.listen();
    await vms.begin();
    registerImageRoutes(api, new HostImages(sending.images, receiving.images, (name) => vms.service.assertFree(name)));
    const judge = (request: MigrationRequest) => judgeRequest(request, options, sending, receiving);
    const migrations = new HostMigrations(sending.migrations, receiving.migrations, judge);
    registerMigrationRoutes(api, migrations);
    registerVmRoutes(api, vms.service, vms.moves(migrations, sending.migrations));
    await receiving.listen();
    const listening = await listen(api, options.api, '--api');
    sending.begin();
    await receiving.warm(listening);
    ready = true;
    receiving.admit();
    for (const keeper of [sending, nbd, vms]) keeper.keepThreads();
    const reload = tls === undefined ? {} : { reload: () => tls.reload(logger) };
    return { apiUrl: listening.url, nbdUris: nbd.urisOf(''), listenPort: receiving.port, close, ...reload };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the sending side cannot know. @throws GodwitError E_USAGE, E_MOVED, E_NOT_OWNER, E_NOT_FOUND */
function judgeRequest(
  { images, destination }: MigrationRequest,
  { listen: { host } }: HostOptions,
  sending: SendingSide,
  receiving: ReceivingSide,
): void {
  const own = { host, port: receiving.port ?? 0 };
  if (isOwnAddress(parseAddress(destination, 'destination'), own)) {
    const problem = `${destination} is this agent itself; name that of another host`;
    throw new GodwitError('E_USAGE', { problem });
  }
  // One that is not open has left, or is on its way in.
  for (const name of images) if (!sending.images.isOpen(name)) receiving.images.bytes(name);
}

function makeApi(options: HostOptions, metrics: AgentMetrics, ready: () => boolean): Promise<Api> {
  const { logger, token, tls } = options;
  const proof = { ...(token === undefined ? {} : { token }), ...(tls === undefined ? {} : { tls }) };
  return createApi({ title: 'Godwit host agent', role: 'host', logger, metrics, ready, ...proof });
}
