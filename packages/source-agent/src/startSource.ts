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
import { SourceImages } from './images/sourceImages.js';
import { MigrationJournal } from './journal/migrationJournal.js';
import { LANE_THREADS } from './lanes/lanePool.js';
import { Migrations } from './migration/migrations.js';
import { watchSource } from './sourceMetrics.js';

export const AGENT_VERSION = 'godwit 0.1.0';

/**
 * Starts a source agent: opens the images, serves the API, asks about handovers whose outcome its
 * records do not know. `close` cancels migrations that can be cancelled and lets everything go.
 */
export async function startSource(options: SourceOptions): Promise<RunningAgent> {
  const { logger, tls } = options;
  const roots = AllowedRoots.of(options.allowRoots ?? [], isLoopback(options.listen.host));
  const ownership = await OwnershipStore.open(options.stateDir);
  const nbd = new NbdService(options.nbd, logger);
  const journal = MigrationJournal.open(options.stateDir);
  const images = new SourceImages(ownership, options.stateDir, logger, nbd, roots);
  const metrics = createMetrics('source');
  let ready = false;
  const migrations = new Migrations({
    images,
    ownership,
    journal,
    options,
    logger,
    agentVersion: AGENT_VERSION,
    onEnded: (migration) => watching.ended(migration),
  });
  const watching = watchSource(metrics, images, migrations, nbd);
  new NbdMetrics(metrics, () => nbd.totals());
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
    await migrations.shutDown();
    await LANE_THREADS.drop();
    await nbd.close();
    await api.close();
    await images.closeAll();
    await ownership.close();
  };
  try {
    for (const spec of options.images) await images.openOwn(spec);
    await nbd.listen();
    registerImageRoutes(api, images);
    registerMigrationRoutes(api, migrations);
    const { url } = await listen(api, options.listen, '--listen');
    migrations.recover();
    images.onOpened = () => migrations.recover();
    LANE_THREADS.keep();
    ready = true;
    const reload = tls === undefined ? {} : { reload: () => tls.reload(logger) };
    return { apiUrl: url, nbdUris: nbd.urisOf(''), close, ...reload };
  } catch (error) {
    await close();
    throw error;
  }
}
