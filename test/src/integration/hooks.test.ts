import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { expectMovedWhole, expectNothingLeft, expectSourceOwns } from '../harness/expectations.js';
import { makeMixedImage } from '../harness/imageFiles.js';
import { migrate, migrateCompletely } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';

const make = (path: string): void => makeMixedImage(path, 4 * 1024 * 1024);

/** A hook that writes its variables to a file. */
function recordTo(path: string): string {
  return `env | grep ^GODWIT_ | sort > '${path}.part' && mv '${path}.part' '${path}'`;
}

describe('hooks', () => {
  it('run in order with variables that name the migration and its images', async () => {
    const stage = stageForTest();
    const files = { freeze: stage.path('freeze'), takeover: stage.path('takeover'), release: stage.path('release') };
    const { source, destination, path } = await pairOf(stage, make, {
      source: { args: ['--on-freeze', recordTo(files.freeze), '--on-release', recordTo(files.release)] },
      destination: { args: ['--on-takeover', recordTo(files.takeover)] },
    });
    const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    for (const file of Object.values(files)) {
      // Takeover and release hooks run after the handover, beside what the workload does.
      await until(`${file} to be written`, () => existsSync(file));
      const variables = readFileSync(file, 'utf8');
      expect(variables).toContain(view.id);
      expect(variables).toMatch(new RegExp(`^GODWIT_IMAGES?=.*${DISK}`, 'm'));
    }
    await expectMovedWhole(source, destination, path);
  });

  it('on-freeze runs while writes wait, before the last round', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make, {
      // Changes the file itself, as a database that is told to settle would through its own path.
      source: { args: ['--on-freeze', `printf flushed | dd of='${stage.path('settled')}' status=none`] },
    });
    const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    expect(existsSync(stage.path('settled'))).toBe(true);
    expect(view.downtime?.totalMs).toBeGreaterThan(0);
  });

  it('a failing on-freeze cancels, and the source goes on', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make, {
      source: { args: ['--on-freeze', 'echo not now >&2; exit 3'] },
    });
    const view = await migrate(source.api, { images: [DISK], destination: destination.address });
    expect(['cancelled', 'failed']).toContain(view.state);
    expect(view.error?.code).toBe('E_HOOK');
    expect(view.error?.message).toContain('on-freeze');
    await expectSourceOwns(source);
    await expectNothingLeft(destination);
  });

  it('an on-freeze that hangs is killed at its timeout and cancels', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make, {
      source: { args: ['--on-freeze', 'sleep 600', '--hook-timeout', '300ms'] },
    });
    const view = await migrate(source.api, { images: [DISK], destination: destination.address });
    expect(view.error?.code).toBe('E_HOOK');
    await expectSourceOwns(source);
    await expectNothingLeft(destination);
  });

  it('a failing on-takeover is reported at both ends, and the destination keeps the image', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make, {
      destination: { args: ['--on-takeover', 'echo no such guest >&2; exit 9'] },
    });
    const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    await expectMovedWhole(source, destination, path);
    const told = await until('the failure to be told', async () => {
      const read = await source.api.migration(view.id);
      return JSON.stringify(read).includes('on-takeover') ? read : undefined;
    });
    expect(told.state).toBe('completed');
    expect(destination.output).toContain('on-takeover');
  });

  it('a failing on-release is reported and changes nothing', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make, { source: { args: ['--on-release', 'exit 1'] } });
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    await expectMovedWhole(source, destination, path);
    await until('the failure to be logged', () => source.output.includes('on-release'));
  });
});
