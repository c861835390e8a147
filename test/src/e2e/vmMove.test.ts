/** A guest of QEMU moves with its memory, its disk and its devices, while it works. */
import { existsSync } from 'node:fs';
import { guestStatus, readRecords } from '@godwit/guest';
import { describe, expect, it, type TestContext } from 'vitest';
import { until } from '../harness/condition.js';
import { untilState } from '../harness/moving.js';
import { stageForTest } from '../harness/testStage.js';
import { connectEcho } from './guest/machine.js';
import { machineProcesses, mountsBelow, VM, type VmHost, VmScene, type VmSceneOptions } from './vm/vmScene.js';

const PATIENCE_MS = 60_000;

async function sceneAtWork(context: TestContext, options: VmSceneOptions = {}): Promise<VmScene> {
  const scene = await VmScene.booted(context, stageForTest(), options);
  await scene.console.until(
    'some work',
    ({ ticks, diskSeq, oracle }) => ticks.length > 50 && diskSeq > 10 && oracle !== undefined,
    { patienceMs: PATIENCE_MS },
  );
  return scene;
}

/** Moves the guest and sees that nothing of it was lost. */
async function moveAndJudge(scene: VmScene, from: VmHost, to: VmHost, more: { lanes?: number } = {}) {
  const before = await guestStatus(from.commandPort);
  const lastTick = scene.console.lastTick?.seq ?? 0;
  const echo = await connectEcho(scene.stage, from.echoPort);
  const id = await from.vms.migrate(VM, scene.moveTo(to, more));
  const view = await untilState(from.agent.api, id, 'completed');
  echo.stop();
  const after = await connectEcho(scene.stage, to.echoPort);
  await scene.console.until('the counter to go on', (log) => (log.lastTick?.seq ?? 0) > lastTick + 50, {
    patienceMs: PATIENCE_MS,
  });
  const status = await guestStatus(to.commandPort);
  expect(status).toMatchObject({ bootId: before.bootId, oracle: 'ok', disk: 'ok' });
  expect(status.uptimeMs).toBeGreaterThan(before.uptimeMs);
  expect(status.oraclePasses).toBeGreaterThanOrEqual(before.oraclePasses);
  expect(scene.console.bootIds).toEqual([before.bootId]);
  const seqs = scene.console.ticks.map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
  expect(after.stop().failure).toBeUndefined();
  expect(view.verified).toMatchObject({ mode: 'full', mismatches: 0 });
  return { view, gap: scene.console.longestGap(lastTick) };
}

/** At the host that it has left nothing of it runs, and its memory is gone. */
async function expectLeft(scene: VmScene, host: VmHost): Promise<void> {
  await until(
    'the source to let go',
    async () => (await host.vms.view(VM)).phase === 'left' && !existsSync(scene.ramPath(host)),
  );
  expect(await host.vms.view(VM)).not.toHaveProperty('pid');
}

describe('a guest that counts, rewrites its memory, writes records and answers', () => {
  it.for([1, 4])('moves with %i lanes, and nobody in it notices', async (lanes, context) => {
    const scene = await sceneAtWork(context);
    const { source, destination, stage } = scene;
    const { view, gap } = await moveAndJudge(scene, source, destination, { lanes });
    console.log(`lanes ${lanes}: ${JSON.stringify(view.downtime)}, counter stood ${Math.round(gap.hostMs)} ms`);
    await expectLeft(scene, source);
    // What the guest says of itself is one thing; here is what lies on the disks.
    await destination.vms.stop(VM);
    const { diskSeq } = scene.console;
    const records = await readRecords(destination.agent.imagePath(`${VM}-disk0`), await stage.folder('read'));
    expect(records.findings).toEqual([]);
    expect(records.lastSeq).toBeGreaterThanOrEqual(diskSeq);
    expect(machineProcesses(stage.directory)).toEqual([]);
    expect(mountsBelow(stage.directory)).toEqual([]);
  });
});
