import {
  AllowedRoots,
  createApi,
  createMetrics,
  isLoopback,
  listen,
  NbdMetrics,
  NbdService,
  OwnershipStore,
  type RunningAgent,
  registerImageRoutes,
  registerMigrationRoutes,
  type SourceOptions,
} from '@godwit/agent';
import { SendingSide } from './sendingSide.js';

/**
 * Starts a source agent: opens the images, serves the API, asks about handovers whose outcome its
 * records do not know. `close` cancels migrations that can be cancelled and lets everything go.
 */
export async function startSource(options: SourceOptions): Promise<RunningAgent> {
  const { logger, tls } = options;
  const roots = AllowedRoots.of(options.allowRoots ?? [], isLoopback(options.listen.host));
  const ownership = await OwnershipStore.open(options.stateDir);
  const nbd = new NbdService(options.nbd, logger);
  const metrics = createMetrics('source');
  const sending = new SendingSide({ options, roots, ownership, nbd, metrics });
  new NbdMetrics(metrics, () => nbd.totals());
  let ready = false;
  const api = await createApi({
    title: 'Godwit source agent',
    role: 'source',
    logger,
    metrics,
    ready: () => ready,
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(tls === undefined ? {} : { tls }),
  });
  tls?.onRenewed((material) => nbd.renew(material));
  const close = async () => {
    ready = false;
    await sending.end();
    await nbd.close();
    await api.close();
    await sending.images.closeAll();
    await ownership.close();
  };
  try {
    for (const spec of options.images) await sending.images.openOwn(spec);
    await nbd.listen();
    registerImageRoutes(api, sending.images);
    registerMigrationRoutes(api, sending.migrations);
    const { url } = await listen(api, options.listen, '--listen');
    sending.begin();
    ready = true;
    sending.keepThreads();
    nbd.keepThreads();
    const reload = tls === undefined ? {} : { reload: () => tls.reload(logger) };
    return { apiUrl: url, nbdUris: nbd.urisOf(''), close, ...reload };
  } catch (error) {
    await close();
    throw error;
  }
}
