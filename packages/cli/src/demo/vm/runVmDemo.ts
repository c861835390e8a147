import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { MigrationView } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import { buildGuest, EchoWatch, GuestConsole, powerOffGuest, readRecords } from '@godwit/guest';
import type { VmView } from '../../client/vmViews.js';
import { print, widthOf } from '../../commands/printing.js';
import type { CliContext, ExitCode } from '../../context.js';
import { renderFindings } from '../../display/findingsText.js';
import { formatDuration } from '../../display/quantities.js';
import { renderRounds } from '../../display/roundTable.js';
import { errorLines, LABEL_COLUMNS, renderSummary } from '../../display/summary.js';
import { wrap } from '../../display/text.js';
import { moveInWords } from '../../display/vmText.js';
import type { Finding } from '../findings.js';
import { followShown } from '../followShown.js';
import { performInterruptibly } from '../interruptible.js';
import { DISK_IMAGE, demoManifest, makeDisk, portMap, RAM_IMAGE, VM_NAME } from './demoGuest.js';
import {
  engineMs,
  findContinuity,
  findGone,
  findMemory,
  findRecords,
  type Pause,
  pauseLines,
  progressOf,
  vmVerdictLine,
} from './vmFindings.js';
import { type DemoHost, VmStage } from './vmScene.js';

const TICK_MS = 10;
/** So much has to be done before a move and after it, that there is something to lose. */
const WORK = { ticks: 200, records: 20, passes: 1 };
const BOOT_PATIENCE_MS = 180_000;
const WORK_PATIENCE_MS = 180_000;
const OFF_PATIENCE_MS = 60_000;
const POLL_MS = 100;
const MIGRATION_TIMEOUT_MS = 110_000;
const DOWNTIME_MS = 300;

/** Everything that is going on at once. */
interface Play {
  readonly context: CliContext;
  readonly console: GuestConsole;
  readonly echo: EchoWatch;
  readonly stop: AbortSignal;
  readonly say: (line: string) => void;
}

/** The whole demonstration. Returns 0 when everything was proven, 1 otherwise; leaves nothing behind. */
export async function runVmDemo(context: CliContext): Promise<ExitCode> {
  return performInterruptibly(
    context,
    async () => VmStage.make(),
    async (stage, stop) => {
      const console = GuestConsole.follow(join(stage.folder, 'console.log'));
      try {
        return await perform(context, stage, console, stop);
      } finally {
        console.close();
      }
    },
  );
}

async function perform(
  context: CliContext,
  stage: VmStage,
  console: GuestConsole,
  stop: AbortSignal,
): Promise<ExitCode> {
  const width = widthOf(context);
  const say = (line: string): void => print(context, wrap(line, width, LABEL_COLUMNS));
  const startedMs = performance.now();
  const { first, second } = await prepare(stage, say, stop);
  const echo = EchoWatch.begin([first.echoPort, second.echoPort]);
  try {
    const play: Play = { context, console, echo, stop, say };
    await boot(play);
    const there = await move(play, first, second);
    const back = there.pause === undefined ? undefined : await move(play, second, first);
    const legs = back === undefined ? [there] : [there, back];
    const findings = legs.flatMap((leg) => leg.findings);
    if (back?.pause !== undefined) findings.push(await switchOff(play, stage, first));
    say(`time      ${formatDuration(performance.now() - startedMs)}`);
    const pauses = legs.flatMap(({ pause }) => (pause === undefined ? [] : [pause]));
    say(vmVerdictLine(findings, pauses));
    return findings.every(({ proven }) => proven) ? 0 : 1;
  } finally {
    echo.stop();
  }
}

async function prepare(stage: VmStage, say: Play['say'], stop: AbortSignal) {
  say("guest     Debian's kernel and one program of ours; made once, which takes a minute, and kept");
  const guest = await buildGuest();
  stop.throwIfAborted();
  const { first, second } = await stage.start(stop);
  say(`hosts     one at ${first.agent.url}, two at ${second.agent.url}: two \`godwit host\`, a process each`);
  const manifest = await demoManifest(guest, await makeDisk(first), join(stage.folder, 'console.log'), first);
  const vm = await first.vms.run(manifest);
  say(
    `machine   "${VM_NAME}" runs on host one: QEMU is process ${vm.pid ?? 0}, its memory and its disk are served by the agent`,
  );
  return { first, second };
}

async function boot({ console, echo, stop, say }: Play): Promise<void> {
  const startedMs = performance.now();
  await console.until('a guest that has booted', ({ isReady, replay }) => isReady && replay !== undefined, {
    patienceMs: BOOT_PATIENCE_MS,
    stop,
  });
  say(
    `booted    in ${formatDuration(performance.now() - startedMs)}, without hardware help; boot id ${console.bootIds[0] ?? '?'}`,
  );
  await work({ console, echo, stop });
  const { tick, record, passes } = progressOf(console);
  say(
    `works     counter at ${tick}, ${record} records synced to its disk, ${passes} passes over 64 MiB of memory, ${echo.answered} echoes`,
  );
}

/** Until the guest has done something of everything since now. */
async function work({ console, echo, stop }: Pick<Play, 'console' | 'echo' | 'stop'>): Promise<void> {
  const before = progressOf(console);
  const { answered } = echo;
  const isEnough = (): boolean => {
    const now = progressOf(console);
    return (
      now.tick >= before.tick + WORK.ticks &&
      now.record >= before.record + WORK.records &&
      now.passes >= before.passes + WORK.passes &&
      echo.answered > answered
    );
  };
  await console.until('its work', isEnough, { patienceMs: WORK_PATIENCE_MS, stop });
}

interface Leg {
  readonly findings: Finding[];
  /** None where it did not arrive. */
  readonly pause: Pause | undefined;
}

async function move(play: Play, from: DemoHost, to: DemoHost): Promise<Leg> {
  const { console, echo, say } = play;
  say('');
  say(`move      from host ${from.name} to host ${to.name}, as by \`godwit vm migrate ${VM_NAME} --to ${to.address}\``);
  const here = await from.vms.view(VM_NAME);
  const ramImage = await pathOf(from, RAM_IMAGE);
  const before = progressOf(console);
  echo.takeLongestGapMs();
  const view = await migrate(play, from, to);
  const width = widthOf(play.context);
  for (const line of ['', ...renderRounds(view.rounds, width), '']) say(line);
  for (const line of [...moveInWords(view, VM_NAME, `host ${to.name}`), ...renderSummary(view, width)]) say(line);
  if (view.state !== 'completed' || view.downtime === undefined) {
    return {
      findings: [{ proven: false, text: `the migration is ${view.state}; ${errorLines(view).join(' ')}` }],
      pause: undefined,
    };
  }
  await work(play);
  const { guestMs, hostMs } = console.longestGap(before.tick);
  const engine = engineMs(view.downtime);
  const pause = { engineMs: engine, guestMs, consoleMs: hostMs, echoMs: echo.takeLongestGapMs() };
  for (const line of pauseLines(pause, TICK_MS)) say(line);
  const findings = [
    findContinuity(console, before),
    findMemory(console, await pathOf(to, RAM_IMAGE), before),
    await findLetGo(from, here, ramImage, play.stop),
  ];
  for (const finding of findings) say(inWords(finding));
  return { findings, pause };
}

async function migrate(play: Play, from: DemoHost, to: DemoHost): Promise<MigrationView> {
  const move = { destination: to.address, mapNics: portMap(from, to) };
  for (const line of renderFindings(await from.vms.check(VM_NAME, move), Number.POSITIVE_INFINITY)) play.say(line);
  const id = await from.vms.migrate(VM_NAME, {
    ...move,
    forceWarnings: true,
    downtimeLimitMs: DOWNTIME_MS,
    timeoutMs: MIGRATION_TIMEOUT_MS,
    onStall: 'force',
  });
  return followShown(play.context, from.agent, id, play.stop);
}

/** The source tidies up once it knows that the machine has arrived, which may be a moment later. */
async function findLetGo(from: DemoHost, { pid = 0 }: VmView, ramImage: string, stop: AbortSignal): Promise<Finding> {
  await phaseOf(from, 'left', stop);
  return findGone(from.name, pid, ramImage);
}

/** The guest powers off, and its disk is read without it. */
async function switchOff({ console, stop, say }: Play, stage: VmStage, host: DemoHost): Promise<Finding> {
  say('');
  const disk = await pathOf(host, DISK_IMAGE);
  await powerOffGuest(host.commandPort);
  await phaseOf(host, 'stopped', stop);
  await console.until('its end', ({ isOff }) => isOff, { stop });
  const finding = findRecords(await readRecords(disk, stage.folder), console.diskSeq);
  say('off       the guest has powered off on host one; its disk is read without it');
  say(inWords(finding));
  return finding;
}

async function phaseOf({ vms, name }: DemoHost, phase: VmView['phase'], stop: AbortSignal): Promise<void> {
  const endsAtMs = performance.now() + OFF_PATIENCE_MS;
  for (;;) {
    stop.throwIfAborted();
    const view = await vms.view(VM_NAME);
    if (view.phase === phase) return;
    if (performance.now() > endsAtMs) {
      throw new GodwitError('E_INTERNAL', { problem: `the machine on host ${name} is ${view.phase}, not ${phase}` });
    }
    await wait(POLL_MS);
  }
}

async function pathOf({ agent, name }: DemoHost, image: string): Promise<string> {
  const path = (await agent.images()).find((candidate) => candidate.name === image)?.path;
  if (path !== undefined) return path;
  throw new GodwitError('E_INTERNAL', { problem: `host ${name} tells no path of image "${image}"` });
}

function inWords({ proven, text }: Finding): string {
  return `${proven ? 'proven   ' : 'NOT SO   '} ${text}`;
}
