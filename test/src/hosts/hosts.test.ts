import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { DaemonProcess, GODWIT } from '../harness/daemonProcess.js';
import { expectAsThin, expectSoundCompletion } from '../harness/expectations.js';
import { keepCopy, makeMixedImage, makeRandomImage } from '../harness/imageFiles.js';
import { DISK } from '../harness/pair.js';
import { sparseDigestOf } from '../harness/sparseFile.js';
import { PEER_TIMEOUT_MS, type Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireRoot, requireTool } from '../harness/tools.js';
import type { InsidePlan, InsideReport } from './inside.js';
import { makeTwoHosts, sentBytesOf, setLink, type TwoHosts } from './twoHosts.js';

const MEBIBYTE = 1024 * 1024;
const TOKEN = 'a-token-between-two-namespaces';
const INSIDE = fileURLToPath(new URL('./inside.js', import.meta.url));

interface Place extends TwoHosts {
  readonly path: string;
  readonly plan: InsidePlan;
}

/** Both agents, each in its namespace, listening beyond loopback and therefore with a token. */
async function placeOf(stage: Stage, make: (path: string) => void, plan: Partial<InsidePlan> = {}): Promise<Place> {
  const hosts = makeTwoHosts(stage, '200mbit');
  const path = stage.path('disk.raw');
  make(path);
  const initialPath = keepCopy(path, stage.path('initial'));
  const directory = await stage.folder('images');
  const tokenFile = stage.path('token');
  writeFileSync(tokenFile, TOKEN);
  const { source, destination } = hosts;
  const common = ['--token-file', tokenFile, '--insecure', '--peer-timeout', `${PEER_TIMEOUT_MS}ms`];
  start(stage, 'source', source.wrapper, [
    ...['--image', `${DISK}=${path}`, '--listen', `${source.address}:7301`],
    ...['--state-dir', await stage.folder('state'), ...common],
  ]);
  start(stage, 'dest', destination.wrapper, [
    ...['--dir', directory, '--listen', `${destination.address}:7400`, '--api', `${destination.address}:7401`],
    ...['--state-dir', await stage.folder('state'), ...common],
  ]);
  const basic = {
    sourceUrl: `http://${source.address}:7301`,
    destinationUrl: `http://${destination.address}:7401`,
    token: TOKEN,
    image: DISK,
    sizeBytes: 0,
    request: { images: [DISK], destination: `${destination.address}:7400` },
    rateBytesPerSec: 0,
    seed: 91,
    initialPath,
    arrivedPath: join(directory, `${DISK}.img`),
    sourcePath: path,
  };
  return { ...hosts, path, plan: { ...basic, ...plan } };
}

function start(stage: Stage, role: 'source' | 'dest', wrapper: readonly string[], args: readonly string[]): void {
  const daemon = new DaemonProcess({ role, args, wrapper });
  stage.atEnd(() => daemon.kill());
  stage.keepOutput(() => `--- ${role}\n${daemon.output}`);
}

interface Inside {
  readonly report: Promise<InsideReport>;
  /** Resolves when the migration was started. */
  readonly started: Promise<void>;
}

function runInside({ source, plan }: Place): Inside {
  const [program = '', ...args] = source.wrapper;
  const command = [...args, process.execPath, INSIDE, JSON.stringify(plan)];
  const child = spawn(program, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let complained = '';
  child.stdout.on('data', (part: Buffer) => {
    said += part.toString();
  });
  const started = new Promise<void>((resolve) => {
    child.stderr.on('data', (part: Buffer) => {
      complained += part.toString();
      if (complained.includes('started')) resolve();
    });
  });
  const report = new Promise<InsideReport>((resolve, reject) => {
    child.once('close', (code) => {
      if (code !== 0) reject(new Error(`the workload inside ended with ${code}: ${complained}`));
      else resolve(JSON.parse(said));
    });
  });
  return { report, started };
}

describe('between two hosts with a link of 200 Mbit/s', () => {
  beforeEach((context) => {
    requireRoot(context);
    requireTool(context, 'ip');
    requireTool(context, 'tc');
  });

  it('an idle image arrives whole, and zeros stay off the link', async () => {
    const stage = stageForTest();
    const sizeBytes = 48 * MEBIBYTE + 77;
    const place = await placeOf(stage, (path) => makeMixedImage(path, sizeBytes), { sizeBytes });
    const { view } = await runInside(place).report;
    expectSoundCompletion(view);
    expect(sparseDigestOf(place.plan.arrivedPath)).toBe(sparseDigestOf(place.path));
    expectAsThin(place.plan.arrivedPath, place.path);
    const sent = sentBytesOf(place.source);
    expect(sent).toBeGreaterThan(view.progress.wireBytes);
    expect(sent).toBeLessThan(sizeBytes * 0.8);
  });

  it('a busy image loses no acknowledged write, and its writers follow over the link', async () => {
    const stage = stageForTest();
    const sizeBytes = 32 * MEBIBYTE;
    const plan = { sizeBytes, rateBytesPerSec: 4 * MEBIBYTE };
    const place = await placeOf(stage, (path) => makeMixedImage(path, sizeBytes), plan);
    const report = await runInside(place).report;
    expectSoundCompletion(report.view);
    expect(report).toMatchObject({ differingBytes: 0, refusals: [] });
    expect(report.acknowledgedWrites).toBeGreaterThan(40);
    expect(report.pauseMs).toBeGreaterThan(0);
    expect(report.view.rounds.length).toBeGreaterThan(1);
  });

  it('a link that goes down fails the migration, and the source goes on', async () => {
    const stage = stageForTest();
    const sizeBytes = 64 * MEBIBYTE;
    const plan = { sizeBytes, rateBytesPerSec: 2 * MEBIBYTE };
    const place = await placeOf(stage, (path) => makeRandomImage(path, sizeBytes), plan);
    const { report, started } = runInside(place);
    await started;
    setLink(place.destination, 'down');
    const { view, differingBytes, refusals } = await report;
    expect(view.state).toBe('failed');
    expect(view.error?.code).toMatch(/^E_(PEER_LOST|LANE_LOST|UNREACHABLE)$/);
    expect(differingBytes).toBe(0);
    expect(refusals).toEqual([]);
  });

  it('the command does it with a token file', async () => {
    const stage = stageForTest();
    const place = await placeOf(stage, (path) => makeMixedImage(path, 8 * MEBIBYTE));
    const args = ['migrate', DISK, '--to', place.plan.request.destination, '--source', place.plan.sourceUrl];
    const command = [...place.source.wrapper, process.execPath, GODWIT, ...args, '--token-file', stage.path('token')];
    const [program = '', ...rest] = command;
    // The agents may still be starting: unreachable (5) is the only answer that is tried again.
    let code: number | null = 5;
    while (code === 5) {
      code = await new Promise((resolve) => spawn(program, rest, { stdio: 'ignore' }).once('close', resolve));
    }
    expect(code).toBe(0);
    expect(sparseDigestOf(place.plan.arrivedPath)).toBe(sparseDigestOf(place.path));
  });
});
