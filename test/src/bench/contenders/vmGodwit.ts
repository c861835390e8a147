/** Two host agents, and a guest that moves from one to the other. */

import { VM, type VmHost, VmScene } from '../../e2e/vm/vmScene.js';
import { untilState } from '../../harness/moving.js';
import type { Stage } from '../../harness/stage.js';
import { atRest } from '../atRest.js';
import type { Contender, Run } from '../measured.js';
import { peakMebibytesOf } from '../processCost.js';
import { GODWIT_NAME, PATIENT } from './godwit.js';
import { atWork, movedBytesOf, onStage, REFUSING, SwitchWatch, type VmPlan } from './vmPlan.js';

export function vmGodwit(plan: VmPlan): Contender {
  return { name: GODWIT_NAME, run: () => onStage(plan, (stage) => moveOnce(plan, stage)) };
}

async function moveOnce(plan: VmPlan, stage: Stage): Promise<Run> {
  const agents = { source: { args: PATIENT }, destination: { args: PATIENT } };
  const scene = await VmScene.booted(REFUSING, stage, { memoryMiB: plan.memoryMiB, ...agents });
  const { source, destination, console } = scene;
  await atWork(console);
  await atRest([destination.agent.pid]);
  const { commandPort, echoPort } = source;
  const ports = { command: commandPort, echo: echoPort, laterEcho: destination.echoPort };
  const watch = await SwitchWatch.begin(console, ports);
  const startMs = performance.now();
  const move = scene.moveTo(destination, { downtimeLimitMs: plan.downtimeLimitMs });
  const id = await source.vms.migrate(VM, move);
  const view = await untilState(source.agent.api, id, 'completed');
  const seconds = (performance.now() - startMs) / 1000;
  const felt = await watch.end(destination.commandPort);
  return {
    seconds,
    movedBytes: movedBytesOf(plan),
    cpuSeconds: { source: Number.NaN, destination: Number.NaN },
    peakMebibytes: { source: peakMebibytesOf(source.agent.pid), destination: peakMebibytesOf(destination.agent.pid) },
    wireBytes: view.progress.wireBytes,
    figures: { ...felt, ...pauseOf(view.downtime), ...saidBy(source, destination), rounds: view.rounds.length },
  };
}

/** The pause as reported, and its parts. */
function pauseOf(downtime: object = {}): Record<string, number> {
  const parts = new Map<string, unknown>(Object.entries(downtime));
  const [total, onFreeze] = [Number(parts.get('totalMs')), Number(parts.get('onFreezeMs'))];
  const figures: Record<string, number> = { 'reported ms': total + onFreeze };
  for (const [part, ms] of parts) figures[`pause ${part}`] = Number(ms);
  return figures;
}

/** What the agents' logs say of the parts: where each line stands, the figures in it. */
function saidBy(source: VmHost, destination: VmHost): Record<string, number> {
  const freeze = figuresIn(source.agent.output, 'guest stands still');
  const load = figuresIn(destination.agent.output, 'guest stands ready');
  return Object.fromEntries([
    ...[...freeze].map(([name, value]) => [`pause freeze: ${name}`, value] as const),
    ...[...load].map(([name, value]) => [`pause persist: ${name}`, value] as const),
  ]);
}

/** Those whose name says that they are times. */
function figuresIn(output: string, message: string): [string, number][] {
  const line = output.split('\n').find((one) => one.includes(`"msg":"${message}"`));
  if (line === undefined) return [];
  const fields: unknown = JSON.parse(line.slice(line.indexOf('{')));
  if (typeof fields !== 'object' || fields === null) return [];
  return Object.entries(fields).filter((field): field is [string, number] => field[0].endsWith('Ms'));
}
