/**
 * Runs inside the source's namespace, started by hosts.test.ts, because nobody outside can reach the
 * agents: waits for both, writes through the oracle, moves the image, follows it, and prints what the
 * test outside judges. Arguments: one JSON object (InsidePlan).
 */
import { ApiClient } from '../harness/apiClient.js';
import { until } from '../harness/condition.js';
import { hasFields, parseJson } from '../harness/jsonGuards.js';
import type { MigrationRequest, MigrationView } from '../harness/migrationView.js';
import { untilEnded } from '../harness/moving.js';
import { fileBytes } from '../oracle/byteSource.js';
import { pauseAsFelt } from '../oracle/latency.js';
import { WriterOracle } from '../oracle/writerOracle.js';

/** What to do inside. */
export interface InsidePlan {
  readonly sourceUrl: string;
  readonly destinationUrl: string;
  readonly token: string;
  readonly image: string;
  readonly sizeBytes: number;
  readonly request: MigrationRequest;
  /** The workload's rate; 0: an idle image. */
  readonly rateBytesPerSec: number;
  readonly seed: number;
  readonly initialPath: string;
  /** The image's file after the move, and where it is if the move fails. */
  readonly arrivedPath: string;
  readonly sourcePath: string;
}

/** What came of it. */
export interface InsideReport {
  readonly view: MigrationView;
  readonly acknowledgedWrites: number;
  readonly differingBytes: number;
  readonly refusals: readonly string[];
  readonly pauseMs: number | undefined;
}

function isInsidePlan(value: unknown): value is InsidePlan {
  return hasFields(value, { sourceUrl: 'string', destinationUrl: 'string', request: 'object' }, 'the plan');
}

async function ready(api: ApiClient): Promise<void> {
  await until(`${api.url} to be ready`, async () => {
    const answer = await api.call('GET', '/readyz').catch(() => undefined);
    return answer?.status === 200;
  });
}

async function run(plan: InsidePlan): Promise<InsideReport> {
  const source = new ApiClient(plan.sourceUrl, plan.token);
  const destination = new ApiClient(plan.destinationUrl, plan.token);
  await Promise.all([ready(source), ready(destination)]);
  const { seed, sizeBytes, rateBytesPerSec, token } = plan;
  const url = source.imageUrl(plan.image);
  const oracle = new WriterOracle({ seed, url, sizeBytes, rateBytesPerSec, token, zeroShare: 0.05 });
  const busy = rateBytesPerSec > 0;
  if (busy) {
    oracle.start();
    await oracle.acknowledged(20);
  }
  const id = await source.startMigration(plan.request);
  process.stderr.write(`started ${id}\n`);
  const view = await untilEnded(source, id);
  if (busy) {
    if (view.state === 'completed') await oracle.followed();
    await oracle.acknowledged(20);
  }
  await oracle.stop();
  const arrived = view.state === 'completed' ? plan.arrivedPath : plan.sourcePath;
  const report = await oracle.verify(await fileBytes(plan.initialPath), await fileBytes(arrived));
  source.close();
  destination.close();
  return {
    view,
    acknowledgedWrites: report.acknowledgedWrites,
    differingBytes: report.differingBytes,
    refusals: [...oracle.refusals.keys()],
    pauseMs: pauseAsFelt(oracle.history.records, plan.sourceUrl),
  };
}

const plan = parseJson(process.argv[2] ?? '');
if (!isInsidePlan(plan)) throw new Error('no plan was given');
process.stdout.write(JSON.stringify(await run(plan)));
