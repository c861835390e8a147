/** A guest of QEMU moves with its memory, its disk and its devices, while it works. */
import { guestStatus, readRecords, scanOracle } from '@godwit/guest';
import { expect, it } from 'vitest';
import { untilState } from '../harness/moving.js';
import { stageForTest } from '../harness/testStage.js';
import { Holds } from './vm/holds.js';
import { expectGoesOn, moveAndJudge, untilAtWork } from './vm/judging.js';
import { machineProcesses, mountsBelow, VM, VmScene } from './vm/vmScene.js';

const ROUND_TRIPS = 5;

it('moves there and back five times, with one lane and with four, and nobody in it notices', async (context) => {
  const scene = await VmScene.booted(context, stageForTest());
  const { source, destination, stage } = scene;
  await untilAtWork(scene);
  for (let trip = 1; trip <= ROUND_TRIPS; trip++) {
    for (const [from, to, lanes] of [
      [source, destination, 1],
      [destination, source, 4],
    ] as const) {
      const { view, gap } = await moveAndJudge(scene, from, to, { lanes });
      const { totalMs = 0, onFreezeMs = 0 } = { ...view.downtime };
      const reported = Math.round(totalMs + onFreezeMs);
      const wireMiB = Math.round(view.progress.wireBytes / 1024 / 1024);
      console.log(
        `trip ${trip}, ${lanes} lanes: ${reported} ms reported, counter ${Math.round(gap.hostMs)} ms, ${wireMiB} MiB`,
      );
    }
  }
  await moveAndJudge(scene, source, destination);
  // What the guest says of itself is one thing; here is what lies on its disk.
  await destination.vms.stop(VM);
  const { diskSeq } = scene.console;
  const records = await readRecords(destination.agent.imagePath(`${VM}-disk0`), await stage.folder('read'));
  expect(records.findings).toEqual([]);
  expect(records.lastSeq).toBeGreaterThanOrEqual(diskSeq);
  expect(machineProcesses(stage.directory)).toEqual([]);
  expect(mountsBelow(stage.directory)).toEqual([]);
}, 240_000);

it('has all of its memory at the destination when it stands still there, of one instant, and seals what it leaves', async (context) => {
  const stage = stageForTest();
  const holds = new Holds(stage, ['dest.before-owner']);
  const scene = await VmScene.booted(context, stage, {
    destination: { env: holds.env },
    work: { oraclePauseMicros: 300 },
  });
  const { source, destination } = scene;
  await untilAtWork(scene);
  const before = await guestStatus(source.commandPort);
  holds.arm('dest.before-owner');
  const id = await source.vms.migrate(VM, scene.moveTo(destination));
  await holds.reached('dest.before-owner', source.agent, id);
  const verdict = scanOracle(scene.ramPath(destination));
  expect(verdict.findings).toEqual([]);
  holds.release('dest.before-owner');
  await untilState(source.agent.api, id, 'completed');
  await expectGoesOn(scene, destination, before);
  const roles = (await source.agent.api.images()).map(({ name, owner }) => [name, owner.role]);
  expect(roles).toContainEqual([`${VM}-disk0`, 'released']);
});
