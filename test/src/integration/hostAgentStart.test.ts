import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isOneClearLine, refusedStart } from '../harness/command.js';
import { expectOwnedBy, refusalOf } from '../harness/expectations.js';
import { hop, openAt } from '../harness/hosts.js';
import { makeEmptyImage, makeRandomImage } from '../harness/imageFiles.js';
import { migrateCompletely } from '../harness/moving.js';
import { DISK } from '../harness/pair.js';
import { freePort } from '../harness/ports.js';
import type { RunningDaemon } from '../harness/runningDaemon.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';

const SIZE_BYTES = 1024 * 1024;

async function expectRefused(code: string, ...args: readonly string[]): Promise<void> {
  const { code: exitCode, output } = await refusedStart('host', ...args);
  expect(output).toContain(code);
  expect(isOneClearLine(output, code)).toBe(true);
  expect(exitCode).toBe(2);
}

async function needs(stage: Stage): Promise<string[]> {
  const [listen, api] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  return ['--dir', await stage.folder('images'), '--listen', listen, '--api', api];
}

function stateDirOf({ plan }: RunningDaemon): string {
  return plan.args[plan.args.indexOf('--state-dir') + 1] ?? '';
}

describe('an agent with both roles does not start with', () => {
  it('options that are wrong', async () => {
    const stage = stageForTest();
    const needed = await needs(stage);
    const file = stage.path('file');
    makeEmptyImage(file, 4096);
    const wrong: readonly (readonly [string, readonly string[]])[] = [
      ['E_NO_FILE', ['--image', `disk=${stage.path('nothing')}`]],
      ['E_BAD_NAME', ['--image', `a.b=${file}`]],
      ['E_NAME_TAKEN', ['--image', `disk=${file}`, '--image', `disk=${file}`]],
      ['E_OPEN_TWICE', ['--image', `one=${file}`, '--image', `two=${file}`]],
      ['E_BAD_VALUE', ['--listen', '127.0.0.1:notaport']],
      ['E_BAD_VALUE', ['--allow-root', stage.path('nothing')]],
      ['E_TOKEN_REQUIRED', ['--listen', `0.0.0.0:${await freePort()}`]],
      ['E_TOKEN_REQUIRED', ['--api', `0.0.0.0:${await freePort()}`]],
      ['E_USAGE', ['--nbd-wait']],
      ['E_USAGE', ['--tls-cert', file]],
      ['E_NOT_WRITABLE', ['--dir', file]],
      ['E_STATE_DIR', ['--state-dir', '/sys/godwit']],
    ];
    for (const [code, args] of wrong) await expectRefused(code, ...needed, ...args);
  });

  it('no folder for images', async () => {
    await expectRefused('E_USAGE', '--api', `127.0.0.1:${await freePort()}`);
  });

  it('a port or a state directory that another agent has', async () => {
    const stage = stageForTest();
    const other = await stage.destination();
    await expectRefused('E_PORT_IN_USE', ...(await needs(stage)), '--listen', other.address);
    await expectRefused('E_PORT_IN_USE', ...(await needs(stage)), '--api', new URL(other.api.url).host);
    await expectRefused('E_STATE_DIR', ...(await needs(stage)), '--state-dir', stateDirOf(other));
  });

  it('a state directory that it cannot share with one of its kind, nor that one with a source or a destination', async () => {
    const stage = stageForTest();
    const shared = ['--state-dir', stateDirOf(await stage.host())];
    await expectRefused('E_STATE_DIR', ...(await needs(stage)), ...shared);
    for (const role of ['source', 'dest'] as const) {
      const needed = role === 'dest' ? await needs(stage) : ['--listen', `127.0.0.1:${await freePort()}`];
      expect((await refusedStart(role, ...needed, ...shared)).output).toContain('E_STATE_DIR');
    }
  });
});

describe('an agent with both roles that starts anew', () => {
  it('serves what arrived, and not what the command line still names', async () => {
    const stage = stageForTest();
    const first = stage.path('first.raw');
    makeRandomImage(first, SIZE_BYTES);
    const one = await stage.host({ images: { [DISK]: first } });
    const two = await stage.host();
    await hop(one, two);
    // It left: the command line names what left.
    await one.stop();
    await one.start();
    await expectOwnedBy(two, one);
    await hop(two, one);
    await one.api.write(DISK, 0, Buffer.from('newer'));
    await one.kill();
    await one.start();
    expect((await one.api.read(DISK, 0, 5)).toString()).toBe('newer');
    expect((await one.api.image(DISK)).owner).toEqual({ role: 'owner', epoch: 3 });
    await hop(one, two);
    await one.stop();
    await one.start();
    await expectOwnedBy(two, one);
  });

  it('goes on where a source or a destination left off, and they where it did', async () => {
    const stage = stageForTest();
    const destination = await stage.destination();
    const path = stage.path('disk.raw');
    makeRandomImage(path, SIZE_BYTES);
    const source = await stage.source({ images: { [DISK]: path } });
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    await destination.stop();
    const two = await stage.start({ ...destination.plan, role: 'host' });
    const three = await stage.host();
    await hop(two, three);
    await two.stop();
    await destination.start();
    expect((await refusalOf(destination.api.read(DISK, 0, 1))).code).toBe('E_MOVED');
    await hop(three, destination);
    await destination.api.write(DISK, 0, Buffer.from('home'));
    await expectOwnedBy(destination, three);
  });

  it('serves the rest where the file of one image is gone', async () => {
    const stage = stageForTest();
    const one = await stage.host();
    await openAt(one, (at) => makeRandomImage(at, SIZE_BYTES), 'kept');
    const lost = await openAt(one, (at) => makeRandomImage(at, SIZE_BYTES), 'lost');
    await one.stop();
    rmSync(lost);
    await one.start();
    await one.api.write('kept', 0, Buffer.from('here'));
    expect((await one.api.image('lost')).owner.role).toBe('owner');
    expect((await refusalOf(one.api.read('lost', 0, 1))).code).toBe('E_NOT_OWNER');
  });
});
