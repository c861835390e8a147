/**
 * The pause as a writer feels it, live under writes of 64 KiB at 100 MB/s by fio through `godwit proxy`:
 * `node bench/pause.mjs [--runs N] [--dir FOLDER] [--json FILE]`. Prints the median and the worst.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { until } from '../harness/condition.js';
import { GODWIT } from '../harness/daemonProcess.js';
import { ForeignDaemon } from '../harness/foreignDaemon.js';
import { makeMixedImage } from '../harness/imageFiles.js';
import { type Downtime, isTerminal, type MigrationView } from '../harness/migrationView.js';
import { DISK } from '../harness/pair.js';
import type { RunningDaemon } from '../harness/runningDaemon.js';
import { Stage } from '../harness/stage.js';
import { atRest } from './atRest.js';
import { Fio, type FioJob, type FioRequest } from './nbdFio.js';
import { unixUri } from './nbdServers.js';
import { median, table, worst } from './statistics.js';

const MEBIBYTE = 1024 ** 2;
const IMAGE_BYTES = 256 * MEBIBYTE;
const JOB: FioJob = {
  rw: 'randwrite',
  blockBytes: 64 * 1024,
  spanBytes: 64 * MEBIBYTE,
  rate: 1526,
  seconds: 60,
  keepRequests: true,
};
/** How long fio runs before the move and after it. */
const AROUND_MS = 600;
/** A request that met the switch was under way in this stretch around the pause that was reported. */
const AROUND_PAUSE_MS = 30;

interface Pause {
  readonly feltMs: number;
  readonly parts: Downtime;
  readonly rounds: number;
}

async function once(dir: string | undefined): Promise<Pause> {
  const stage = new Stage(dir);
  try {
    const path = stage.path('disk.raw');
    makeMixedImage(path, IMAGE_BYTES);
    const [here, there, middle] = [stage.path('source.sock'), stage.path('destination.sock'), stage.path('proxy.sock')];
    const [source, destination] = await Promise.all([
      stage.source({ images: { [DISK]: path }, args: ['--nbd-unix', here, '--peer-timeout', '30s'] }),
      stage.destination({ args: ['--nbd-unix', there, '--peer-timeout', '30s'] }),
    ]);
    const args = [GODWIT, 'proxy', '--listen', `unix:${middle}`, '--to', `unix:${here},unix:${there}`];
    const proxy = new ForeignDaemon(stage, process.execPath, args);
    await proxy.answering({ path: middle });
    await atRest([source.pid, destination.pid]);
    const fio = new Fio(stage.directory, 'writer', unixUri(middle, DISK), JOB);
    await passing(AROUND_MS);
    const view = await move(source, destination);
    await passing(AROUND_MS);
    fio.stop();
    await fio.result();
    if (process.env['GODWIT_PAUSE_OUTPUT'] !== undefined)
      writeFileSync(process.env['GODWIT_PAUSE_OUTPUT'], stage.output());
    if (view.downtime === undefined) throw new Error('a move without a downtime');
    return { feltMs: feltOf(fio.requests(), view), parts: view.downtime, rounds: view.rounds.length };
  } finally {
    await stage.close();
  }
}

async function move(source: RunningDaemon, destination: RunningDaemon): Promise<MigrationView> {
  const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
  const view = await until('the migration to end', async () => {
    const now = await source.api.migration(id);
    return isTerminal(now.state) ? now : undefined;
  });
  if (view.state !== 'completed') throw new Error(`migration ${view.state}: ${JSON.stringify(view.error)}`);
  return view;
}

/** The longest request that was under way around the switch. */
function feltOf(requests: readonly FioRequest[], view: MigrationView): number {
  const endMs = Date.parse(view.endedAt ?? '') + AROUND_PAUSE_MS;
  const startMs = endMs - (view.downtime?.totalMs ?? 0) - 2 * AROUND_PAUSE_MS;
  const met = requests.filter((one) => one.answeredAtMs >= startMs && one.answeredAtMs - one.latencyMs <= endMs);
  return worst(met.map(({ latencyMs }) => latencyMs));
}

/** The time around a move is what fio is measured in, not waited for. */
function passing(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '50' }, dir: { type: 'string' }, json: { type: 'string' } },
});
const pauses: Pause[] = [];
for (let run = 0; run < Number(values.runs); run++) pauses.push(await once(values.dir));
const say = (line: string) => process.stdout.write(`${line}\n`);
say(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`);
say(`pause of ${pauses.length} moves, fio through the proxy at 100 MB/s, ms`);
const felt = pauses.map(({ feltMs }) => feltMs);
const parts = ['totalMs', 'drainMs', 'finalRoundMs', 'verifyMs', 'persistMs', 'takeoverMs'] as const;
const rows: (string | number)[][] = [
  ['', 'median', 'worst'],
  ['felt by a writer', median(felt), worst(felt)],
];
for (const part of parts) {
  const measured = pauses.map((pause) => pause.parts[part]);
  rows.push([`reported ${part}`, median(measured), worst(measured)]);
}
rows.push(['rounds', median(pauses.map(({ rounds }) => rounds)), worst(pauses.map(({ rounds }) => rounds))]);
say(table(rows));
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(pauses, null, 2));
