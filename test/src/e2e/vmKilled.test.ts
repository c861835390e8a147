/** Agents are killed around the switch of a guest: it runs in one place, and is the one that it was. */
import { type GuestStatus, guestStatus } from '@godwit/guest';
import { describe, expect, it, type TestContext } from 'vitest';
import { until } from '../harness/condition.js';
import { untilEnded } from '../harness/moving.js';
import { stageForTest } from '../harness/testStage.js';
import { Holds } from './vm/holds.js';
import { expectGoesOn, expectNothingLeft, expectResumes, moveAndJudge, untilAtWork } from './vm/judging.js';
import { VM, type VmHost, VmScene } from './vm/vmScene.js';

const SOURCE_HOLDS = [
  'source.switchover.frozen',
  'source.switchover.before-seal',
  'source.switchover.after-seal',
] as const;
const DESTINATION_HOLDS = ['dest.before-prepared', 'dest.before-owner'] as const;

async function sceneWithHolds(context: TestContext) {
  const stage = stageForTest();
  const holds = new Holds(stage, [...SOURCE_HOLDS, ...DESTINATION_HOLDS]);
  const env = { env: holds.env };
  const scene = await VmScene.booted(context, stage, { source: env, destination: env });
  await untilAtWork(scene);
  const before = await guestStatus(scene.source.commandPort);
  const heldAt = async (point: (typeof SOURCE_HOLDS)[number] | (typeof DESTINATION_HOLDS)[number], patienceMs = 0) => {
    holds.arm(point);
    const id = await scene.source.vms.migrate(VM, scene.moveTo(scene.destination, { patienceMs }));
    await holds.reached(point, scene.source.agent, id);
    return id;
  };
  return { scene, holds, before, heldAt };
}

async function untilRunning({ vms }: VmHost): Promise<void> {
  await until('the guest to run', async () => (await vms.view(VM)).runState === 'running');
}

async function expectAtSource(scene: VmScene, before: GuestStatus): Promise<void> {
  await untilRunning(scene.source);
  await expectResumes(scene);
  await expectGoesOn(scene, scene.source, before);
}

describe('a guest whose move is under way', () => {
  it('goes on at the source when that agent is killed before the seal, and when it is killed after it', async (context) => {
    const { scene, holds, before, heldAt } = await sceneWithHolds(context);
    const { source, destination } = scene;
    for (const point of SOURCE_HOLDS) {
      await heldAt(point);
      await source.agent.kill();
      holds.release(point);
      // QEMU outlives its agent; the next one finds it, and lets it go on as soon as it knows that it may.
      await source.agent.start();
      await expectAtSource(scene, before);
      // What is PREPARED there waits to be asked, or for the next offer (LIMITS.md).
      if (point !== 'source.switchover.before-seal') await expectNothingLeft(destination);
    }
    await moveAndJudge(scene, source, destination);
  }, 300_000);

  it('goes on at the source when the destination is killed before it owns, and leaves nothing there', async (context) => {
    const { scene, holds, before, heldAt } = await sceneWithHolds(context);
    const { source, destination } = scene;
    for (const point of DESTINATION_HOLDS) {
      const id = await heldAt(point);
      await destination.agent.kill();
      holds.release(point);
      if (point === 'dest.before-prepared') await expectResumes(scene);
      await destination.agent.start();
      // After the seal the source asks: what was not committed there is given up.
      expect(await untilEnded(source.agent.api, id)).toMatchObject({ state: 'failed' });
      await expectAtSource(scene, before);
      await expectNothingLeft(destination);
    }
    await moveAndJudge(scene, source, destination);
  }, 300_000);

  it('goes on at the destination when that is killed as soon as it owns, and is ended at a source that was killed', async (context) => {
    const stage = stageForTest();
    const scene = await VmScene.booted(context, stage, {
      destination: { env: { GODWIT_FAULT: 'dest.workload.run=kill' } },
    });
    const { source, destination } = scene;
    await untilAtWork(scene);
    const before = await guestStatus(source.commandPort);
    const id = await source.vms.migrate(VM, scene.moveTo(destination));
    await destination.agent.process.ended;
    await source.agent.kill();
    await destination.agent.start({});
    await untilRunning(destination);
    await source.agent.start();
    await until('the source to know', async () => (await source.vms.view(VM)).phase === 'left');
    await expectGoesOn(scene, destination, before);
    expect(id).not.toBe('');
    await moveAndJudge(scene, destination, source);
  }, 300_000);
});

it('runs on while its agent is restarted, and can be moved afterwards', async (context) => {
  const scene = await VmScene.booted(context, stageForTest());
  const { source, destination } = scene;
  await untilAtWork(scene);
  const before = await guestStatus(source.commandPort);
  await source.agent.kill();
  await source.agent.start();
  await expectGoesOn(scene, source, before);
  await source.agent.stop();
  await source.agent.start();
  await expectGoesOn(scene, source, before);
  await moveAndJudge(scene, source, destination);
}, 120_000);
