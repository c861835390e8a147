import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { MigrationView } from '@godwit/agent';
import { AgentClient } from '../client/agentClient.js';
import type { CliContext, ExitCode } from '../context.js';
import { formatBytes, formatDuration } from '../display/quantities.js';
import { renderRounds } from '../display/roundTable.js';
import { errorLines, renderSummary } from '../display/summary.js';
import { feltPause, findEqual, findMoved, findWrites, pauseInWords, verdictLine } from './findings.js';
import { followShown } from './followShown.js';
import { ImageWriter } from './imageWriter.js';
import { performInterruptibly } from './interruptible.js';
import { makeRealImage } from './realImage.js';
import { IMAGE_NAME, type Scene, Stage } from './scene.js';

/** What the demonstration is asked for. */
export interface DemoPlan {
  readonly imageBytes: number;
  readonly keep: boolean;
}

const WRITERS = 4;
/** Some 150 writes a second each: a busy disk, and no more than two cores can serve beside two daemons. */
const WRITER_PAUSE_MS = 5;
const WARM_UP_MS = 1000;
const GO_ON_MS = 2000;
const MIGRATION_TIMEOUT_MS = 110_000;

/** The whole demonstration. Returns 0 when everything was proven, 1 otherwise; leaves nothing behind. */
export async function runDemo(context: CliContext, plan: DemoPlan): Promise<ExitCode> {
  let folder = '';
  try {
    return await performInterruptibly(
      context,
      async () => Stage.make(plan.imageBytes, plan.keep),
      async (stage, stop) => {
        folder = stage.folder;
        return perform(context, stage, plan, stop);
      },
    );
  } finally {
    if (plan.keep && folder !== '') context.stdout.write(`kept ${folder}\n`);
  }
}

async function perform(context: CliContext, stage: Stage, plan: DemoPlan, stop: AbortSignal): Promise<ExitCode> {
  const say = (line: string): unknown => context.stdout.write(`${line}\n`);
  const startedMs = performance.now();
  const image = await makeRealImage(stage.sourceImage, plan.imageBytes, join(stage.folder, 'staging'));
  stop.throwIfAborted();
  await mkdir(join(stage.folder, 'destination'));
  const what = image.kind === 'ext4' ? 'an ext4 file system' : 'an archive (mkfs.ext4 is not here)';
  say(
    `image     ${formatBytes(plan.imageBytes)}, ${what} with ${image.files} real files, ${formatBytes(image.contentBytes)}`,
  );

  const scene = await stage.start(stop);
  say(`daemons   source ${scene.sourceUrl}, destination ${scene.destinationUrl}, a process each`);
  say(`writers   ${WRITERS} concurrent clients, through the source's HTTP API, all over the image`);
  const { view, writers } = await moveWhileWriting(context, scene, plan.imageBytes, stop);

  const pause = feltPause(writers);
  const width = context.stdout.columns ?? Number.POSITIVE_INFINITY;
  for (const line of ['', ...renderRounds(view.rounds, width), '', ...renderSummary(view, width)]) say(line);
  const allocated = async (path: string) => formatBytes((await stat(path)).blocks * 512);
  say(
    `image     ${formatBytes(plan.imageBytes)}; on disk ${await allocated(stage.sourceImage)} at the source, ${await allocated(stage.destinationImage)} at the destination`,
  );
  say(`pause     ${pauseInWords(pause)}`);
  if (view.state !== 'completed') {
    say(`VERDICT: FAILED - the migration is ${view.state}; ${errorLines(view).join(' ')}`);
    return 1;
  }

  stop.throwIfAborted();
  const findings = [
    findMoved(writers, view),
    await findWrites(writers, stage.destinationImage),
    await findEqual(writers, stage.sourceImage, stage.destinationImage),
  ];
  for (const finding of findings) say(`${finding.proven ? 'proven   ' : 'NOT SO   '} ${finding.text}`);
  say(`time      ${formatDuration(performance.now() - startedMs)}`);
  say(verdictLine(findings, pause));
  return findings.every((finding) => finding.proven) ? 0 : 1;
}

/** Starts the writers, migrates, lets them go on for a while at the other side, and stops them. */
async function moveWhileWriting(
  context: CliContext,
  scene: Scene,
  imageBytes: number,
  stop: AbortSignal,
): Promise<{ view: MigrationView; writers: ImageWriter[] }> {
  const imageUrl = `${scene.sourceUrl}/v1/images/${IMAGE_NAME}`;
  const writers = Array.from({ length: WRITERS }, (_, index) => {
    return new ImageWriter({ index, writers: WRITERS, imageBytes, imageUrl, pauseMs: WRITER_PAUSE_MS });
  });
  const enough = new AbortController();
  const signal = AbortSignal.any([stop, enough.signal]);
  const writing = Promise.all(writers.map(async (writer) => writer.run(signal)));
  const moving = async (): Promise<MigrationView> => {
    await wait(WARM_UP_MS, undefined, { signal });
    const view = await migrate(context, scene, signal);
    if (view.state === 'completed') await wait(GO_ON_MS, undefined, { signal });
    return view;
  };
  // A writer that is refused ends the demonstration at once; it must not wait for the migration.
  const failed = writing.then(() => new Promise<never>(() => undefined));
  try {
    return { view: await Promise.race([moving(), failed]), writers };
  } finally {
    enough.abort();
    await writing;
  }
}

async function migrate(context: CliContext, scene: Scene, stop: AbortSignal): Promise<MigrationView> {
  const client = new AgentClient({ url: scene.sourceUrl });
  const id = await client.start({
    images: [IMAGE_NAME],
    destination: scene.destinationAddress,
    timeoutMs: MIGRATION_TIMEOUT_MS,
    onStall: 'force',
  });
  return followShown(context, client, id, stop);
}
