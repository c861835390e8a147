import {
  type AgentMetrics,
  type Api,
  createApi,
  createMetrics,
  type DestinationOptions,
  listen,
  NbdMetrics,
  NbdService,
  OwnershipStore,
  type RunningAgent,
  registerImageRoutes,
  registerMigrationRoutes,
} from '@godwit/agent';
import { prepareDirectory, ReceivingSide } from './receivingSide.js';

/**
 * Starts a destination agent: serves the images it owns, listens for sources. `close` gives up what
 * was not committed and lets everything go.
 */
export async function startDestination(options: DestinationOptions): Promise<RunningAgent> {
  const { logger, stateDir, tls } = options;
  const dir = await prepareDirectory(options.dir, stateDir);
  const ownership = await OwnershipStore.open(stateDir);
  const nbd = new NbdService(options.nbd, logger, dir);
  const metrics = createMetrics('destination');
  tls?.onRenewed((material) => nbd.renew(material));
  const receiving = new ReceivingSide({ options, dir, ownership, nbd, metrics });
  new NbdMetrics(metrics, () => nbd.totals());
  let ready = false;
  const api = await makeApi(options, metrics, () => ready);
  const close = async () => {
    ready = false;
    await receiving.end();
    await nbd.close();
    await api.close();
    await receiving.images.closeAll();
    await ownership.close();
  };
  try {
    await receiving.recover();
    receiving.images.reopen(logger);
    await nbd.listen();
    registerImageRoutes(api, receiving.images);
    registerMigrationRoutes(api, receiving.migrations);
    await receiving.listen();
    const listening = await listen(api, options.api, '--api');
    await receiving.warm(listening);
    ready = true;
    receiving.admit();
    nbd.keepThreads();
    const reload = tls === undefined ? {} : { reload: () => tls.reload(logger) };
    return { apiUrl: listening.url, nbdUris: nbd.urisOf(''), listenPort: receiving.port, close, ...reload };
  } catch (error) {
    await close();
    throw error;
  }
}

function makeApi(options: DestinationOptions, metrics: AgentMetrics, ready: () => boolean): Promise<Api> {
  const { logger, token, tls } = options;
  const proof = { ...(token === undefined ? {} : { token }), ...(tls === undefined ? {} : { tls }) };
  return createApi({ title: 'Godwit destination agent', role: 'destination', logger, metrics, ready, ...proof });
}
