import { GODWIT } from '../../harness/daemonProcess.js';
import { ForeignDaemon } from '../../harness/foreignDaemon.js';
import { DISK } from '../../harness/pair.js';
import { Stage } from '../../harness/stage.js';
import { hasTool } from '../../harness/tools.js';
import { atRest } from '../atRest.js';
import type { Contender, Run } from '../measured.js';
import { unixUri } from '../nbdServers.js';
import { CostOfMove, GODWIT_NAME, type GodwitRequest, moved, PATIENT } from './godwit.js';
import { assertEqualBeyond, feltBy, type LivePlan, undisturbed, uniqueDirtyBytes, writerOf } from './livePlan.js';

/** fio writes through `godwit proxy`, and never notices but for one slow request. */
export function liveGodwit(plan: LivePlan, request: GodwitRequest = {}): Contender {
  return {
    name: GODWIT_NAME,
    ...(hasTool('fio') ? {} : { lacks: 'fio not installed' }),
    run: () => moveLive(plan, request),
  };
}

async function moveLive(plan: LivePlan, request: GodwitRequest): Promise<Run> {
  const stage = new Stage(plan.place.folder);
  try {
    const path = stage.path('disk.raw');
    plan.make(path);
    const sockets = { source: stage.path('source.sock'), destination: stage.path('destination.sock') };
    const [source, destination] = await Promise.all([
      stage.source({ images: { [DISK]: path }, args: ['--nbd-unix', sockets.source, ...PATIENT] }),
      stage.destination({ args: ['--nbd-unix', sockets.destination, ...PATIENT] }),
    ]);
    const targetPort = destination.plan.port ?? 0;
    const { address } = plan.wire === undefined ? destination : await stage.delayProxy({ ...plan.wire, targetPort });
    await atRest([source.pid, destination.pid]);
    const fio = writerOf(stage, await followingUri(stage, sockets), plan);
    await undisturbed();
    const cost = await CostOfMove.begin(source, destination);
    const { view, phaseMs } = await moved(source, { ...request, images: [DISK], destination: address });
    const run = await cost.end(view, plan.sizeBytes, phaseMs);
    await undisturbed();
    fio.stop();
    await fio.result();
    await assertEqualBeyond(plan, path, destination.imagePath(DISK));
    const times = { startMs: Date.parse(view.startedAt), endMs: Date.parse(view.endedAt ?? '') };
    const requests = fio.requests();
    const dirty = { 'unique dirty bytes': uniqueDirtyBytes(requests, times) };
    return { ...run, figures: { ...run.figures, ...feltBy(requests, times), ...dirty } };
  } catch (error) {
    throw error instanceof Error ? new Error(`${error.message}\n${stage.output()}`, { cause: error }) : error;
  } finally {
    await stage.close();
  }
}

async function followingUri(stage: Stage, sockets: { source: string; destination: string }): Promise<string> {
  const path = stage.path('proxy.sock');
  const to = `unix:${sockets.source},unix:${sockets.destination}`;
  const proxy = new ForeignDaemon(stage, process.execPath, [GODWIT, 'proxy', '--listen', `unix:${path}`, '--to', to]);
  await proxy.answering({ path });
  return unixUri(path, DISK);
}
