import { existsSync } from 'node:fs';
import { type GuestStatus, guestStatus } from '@godwit/guest';
import { expect } from 'vitest';
import { until } from '../../harness/condition.js';
import { untilState } from '../../harness/moving.js';
import { connectEcho } from '../guest/machine.js';
import type { VmMove } from './vmApi.js';
import { machineProcesses, VM, type VmHost, type VmScene } from './vmScene.js';

const PATIENCE = { patienceMs: 60_000 };
/** A guest whose move came to nothing goes on within a second; beside two agents and another QEMU on two processors. */
const RESUME_MS = 1000;

/** Waits until the guest counts, writes records and has turned all of its memory over. */
export async function untilAtWork({ console }: Pick<VmScene, 'console'>): Promise<void> {
  const isAtWork = (log: VmScene['console']) => log.ticks.length > 50 && log.diskSeq > 5 && log.oracle !== undefined;
  await console.until('some work', () => isAtWork(console), PATIENCE);
}

/** The guest goes on at `host` as the one that it was. */
export async function expectGoesOn(scene: VmScene, host: VmHost, before: GuestStatus): Promise<void> {
  const { console } = scene;
  const lastTick = console.lastTick?.seq ?? 0;
  await console.until('the counter to go on', (log) => (log.lastTick?.seq ?? 0) > lastTick + 20, PATIENCE);
  const status = await guestStatus(host.commandPort);
  expect(status).toMatchObject({ bootId: before.bootId, oracle: 'ok', disk: 'ok' });
  expect(status.uptimeMs).toBeGreaterThan(before.uptimeMs);
  expect(status.diskSeq).toBeGreaterThanOrEqual(before.diskSeq);
  expect(console.bootIds).toEqual([before.bootId]);
  const seqs = console.ticks.map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
}

/** Moves the guest and sees that nothing of it was lost. */
export async function moveAndJudge(scene: VmScene, from: VmHost, to: VmHost, more: Partial<VmMove> = {}) {
  const before = await guestStatus(from.commandPort);
  const sinceTick = scene.console.lastTick?.seq ?? 0;
  const id = await from.vms.migrate(VM, scene.moveTo(to, more));
  const view = await untilState(from.agent.api, id, 'completed');
  expect(view.error).toBeUndefined();
  expect(view.verified).toMatchObject({ mode: 'full', mismatches: 0 });
  await expectGoesOn(scene, to, before);
  const echo = await connectEcho(scene.stage, to.echoPort);
  expect(echo.stop()).toMatchObject({ failure: undefined, answered: expect.toSatisfy((count: number) => count > 0) });
  await expectLeft(scene, from);
  const gap = scene.console.longestGap(sinceTick);
  return { view, gap };
}

/** At the host that it has left nothing of it runs, and its memory is gone. */
async function expectLeft(scene: VmScene, host: VmHost): Promise<void> {
  await until(
    'the source to let go',
    async () => (await host.vms.view(VM)).phase === 'left' && !existsSync(scene.ramPath(host)),
  );
  expect(await host.vms.view(VM)).not.toHaveProperty('pid');
}

/** From now on: the guest counts within a second. */
export async function expectResumes({ console }: VmScene): Promise<void> {
  const since = console.lastTick?.seq ?? 0;
  const startedAt = performance.now();
  await console.until('the guest to go on', (log) => (log.lastTick?.seq ?? 0) > since, PATIENCE);
  expect(performance.now() - startedAt).toBeLessThan(RESUME_MS);
}

export function stateDirOf({ agent: { plan } }: VmHost): string {
  return plan.args[plan.args.indexOf('--state-dir') + 1] ?? '';
}

/** Nothing of a machine runs at the host, nothing is mounted there, and no image of it is left. */
export async function expectNothingLeft(host: VmHost): Promise<void> {
  await until('the destination to have nothing of it', async () => {
    const views = await host.agent.api.images();
    const isClean = views.every(({ owner }) => owner.role !== 'incoming' && owner.role !== 'prepared');
    return isClean && machineProcesses(stateDirOf(host)).length === 0;
  });
  for (const image of [`${VM}-ram`, `${VM}-state`, `${VM}-disk0`]) {
    expect(existsSync(host.agent.imagePath(image))).toBe(false);
  }
}
