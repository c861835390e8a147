/** How fast a guest comes along: by itself, under a host agent that serves its memory, and while that sends it away. */
import { buildGuest } from '@godwit/guest';
import { GuestMachine, machinePlan, requireGuest } from '../../e2e/guest/machine.js';
import { machineProcesses, VM, VmScene } from '../../e2e/vm/vmScene.js';
import { until } from '../../harness/condition.js';
import type { Round } from '../../harness/migrationView.js';
import { untilState } from '../../harness/moving.js';
import type { Stage } from '../../harness/stage.js';
import { atRest } from '../atRest.js';
import type { Contender, Run } from '../measured.js';
import { cpuSecondsOf } from '../processCost.js';
import { PAGE_BYTES, type Pace, paceDuring, passing } from '../vm/pace.js';
import { GODWIT_NAME, PATIENT } from './godwit.js';
import { atWork, onStage, REFUSING, type VmPlan } from './vmPlan.js';

export interface GuestPlan extends Omit<VmPlan, 'downtimeLimitMs'> {
  /** Of the guest's oracle after each page; see GuestWork. */
  readonly oraclePauseMicros: number;
  /** How long it is watched. */
  readonly windowMs: number;
}

export const PLAIN_FILE = 'QEMU alone, plain file';

/** No round is ever short enough for it, so that there is always another one, unless the guest writes nothing. */
const NEVER_MS = 0.001;
/** Fewer in all of the window would be a look at something else. */
const LEAST_ROUNDS = 2;
const TRIES = 3;
const MEBIBYTE = 1024 ** 2;

/** The same guest, anew for each run; never two at once. */
export function guestContenders(plan: GuestPlan): Contender[] {
  return [
    { name: PLAIN_FILE, run: () => onStage(plan, (stage) => alone(plan, stage)) },
    { name: `${GODWIT_NAME}, at rest`, run: () => onStage(plan, (stage) => served(plan, stage)) },
    { name: `${GODWIT_NAME}, in rounds`, run: () => onStage(plan, (stage) => inRounds(plan, stage)) },
  ];
}

async function alone(plan: GuestPlan, stage: Stage): Promise<Run> {
  requireGuest(REFUSING);
  const guest = await buildGuest();
  const given = { guest, memoryMiB: plan.memoryMiB, work: workOf(plan) };
  const { console, plan: ports } = await GuestMachine.start(stage, await machinePlan(stage, given));
  await atWork(console, { writes: false });
  return runOf(await paceDuring(console, ports.commandPort, () => passing(plan.windowMs)));
}

async function served(plan: GuestPlan, stage: Stage): Promise<Run> {
  const scene = await sceneOf(plan, stage);
  return watched(scene, () => passing(plan.windowMs));
}

async function inRounds(plan: GuestPlan, stage: Stage): Promise<Run> {
  const scene = await sceneOf(plan, stage);
  for (let tries = 1; ; tries++) {
    const run = await duringMove(plan, scene);
    if (run !== undefined) return run;
    // The machine left the guest no time for two rounds: it is taken for idle, and what follows are no longer rounds without a rest.
    if (tries === TRIES) throw new Error(`the guest wrote nothing for two rounds, in ${tries} moves`);
  }
}

/** Undefined when the move would have switched, which it does not do unless it is told to. */
async function duringMove(plan: GuestPlan, scene: VmScene): Promise<Run | undefined> {
  const { source, destination } = scene;
  const { api } = source.agent;
  const limits = { downtimeLimitMs: NEVER_MS, cutover: 'manual' } as const;
  const id = await source.vms.migrate(VM, scene.moveTo(destination, limits));
  const looked = () => untilState(api, id, 'active', 'pre-switchover');
  await until('the first round to end', async () => (await looked()).rounds.length > 0);
  let rounds: readonly Round[] = [];
  const run = await watched(scene, async () => {
    const before = (await looked()).rounds.at(-1)?.round ?? 0;
    await passing(plan.windowMs);
    rounds = (await looked()).rounds.filter(({ round }) => round > before);
  });
  const { state } = await looked();
  await api.cancel(id);
  await untilState(api, id, 'cancelled');
  if (state !== 'active') return undefined;
  if (rounds.length < LEAST_ROUNDS) throw new Error(`only ${rounds.length} rounds in ${plan.windowMs} ms`);
  const sentMib = rounds.reduce((sum, { bytes }) => sum + bytes, 0) / MEBIBYTE;
  const figures = { 'rounds/s': rounds.length / run.seconds, 'sent MiB/s': sentMib / run.seconds };
  return { ...run, figures: { ...run.figures, ...figures } };
}

async function sceneOf(plan: GuestPlan, stage: Stage): Promise<VmScene> {
  const agents = { source: { args: PATIENT }, destination: { args: PATIENT } };
  const scene = await VmScene.booted(REFUSING, stage, { memoryMiB: plan.memoryMiB, work: workOf(plan), ...agents });
  await atWork(scene.console, { writes: false });
  await atRest([scene.destination.agent.pid]);
  return scene;
}

/** No disk: what it does there would be another measurement. */
function workOf({ oraclePauseMicros }: GuestPlan) {
  return { oraclePauseMicros, off: ['c'] } as const;
}

async function watched({ source, stage, console }: VmScene, work: () => Promise<void>): Promise<Run> {
  const qemu = (await source.vms.view(VM)).pid;
  const servers = [source.agent.pid, ...machineProcesses(stage.directory).filter((pid) => pid !== qemu)];
  const cpuSec = (): number => servers.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  const usedSec = cpuSec();
  const run = runOf(await paceDuring(console, source.commandPort, work));
  return { ...run, figures: { ...run.figures, 'CPU %': ((cpuSec() - usedSec) / run.seconds) * 100 } };
}

/** What is "moved" here is what the guest rewrites. */
function runOf({ pages, seconds, gapMs }: Pace): Run {
  const unknown = { source: Number.NaN, destination: Number.NaN };
  return {
    seconds,
    movedBytes: pages * PAGE_BYTES,
    cpuSeconds: unknown,
    peakMebibytes: unknown,
    figures: { 'pages/s': pages / seconds, 'counter stood ms': gapMs },
  };
}
