import { describe, expect, it } from 'vitest';
import { godwit, isOneClearLine } from '../harness/command.js';
import { expectMovedWhole, expectSourceOwns } from '../harness/expectations.js';
import { makeMixedImage, makeRandomImage } from '../harness/imageFiles.js';
import { untilState } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { freePort } from '../harness/ports.js';
import { stageForTest } from '../harness/testStage.js';

const make = (path: string): void => makeMixedImage(path, 8 * 1024 * 1024);

describe('godwit migrate', () => {
  it('moves, prints one JSON document on stdout and ends with 0', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    const { code, stdout } = await godwit(
      'migrate',
      DISK,
      '--to',
      destination.address,
      '--source',
      source.api.url,
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'completed', images: [DISK] });
    await expectMovedWhole(source, destination, path);
  });

  it('takes the options of a run', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    const options = ['--mode', 'cold', '--downtime', '100ms', '--bandwidth', '1Gbit', '--lanes', '2'];
    options.push(
      '--verify',
      'wire',
      '--max-rounds',
      '5',
      '--timeout',
      '1m',
      '--on-stall',
      'force',
      '--cutover',
      'auto',
    );
    const to = ['--to', destination.address, '--source', source.api.url];
    const { code, stdout } = await godwit('migrate', DISK, ...to, ...options, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ mode: 'cold', verify: 'wire' });
    await expectMovedWhole(source, destination, path);
  });

  it('ends with 1 when it failed and the source owns', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make, { source: { args: ['--on-freeze', 'false'] } });
    const result = await godwit('migrate', DISK, '--to', destination.address, '--source', source.api.url);
    expect([1, 3]).toContain(result.code);
    expect(result.stderr + result.stdout).toContain('E_HOOK');
    await expectSourceOwns(source);
  });

  it('ends with 5 when an agent cannot be reached', async () => {
    const stage = stageForTest();
    const { source } = await pairOf(stage, make);
    const nobody = `127.0.0.1:${await freePort()}`;
    const noSource = await godwit('migrate', DISK, '--to', nobody, '--source', `http://${nobody}`);
    expect(noSource).toMatchObject({ code: 5, stdout: '' });
    expect(isOneClearLine(noSource.stderr, 'E_UNREACHABLE')).toBe(true);
    const noDestination = await godwit('migrate', DISK, '--to', nobody, '--source', source.api.url);
    expect(noDestination.code).toBe(5);
    await expectSourceOwns(source);
  });

  const usage: readonly (readonly [string, readonly string[]])[] = [
    ['--lanes 0', ['--lanes', '0']],
    ['a negative number', ['--max-rounds', '-1']],
    ['a number that is none', ['--lanes', 'many']],
    ['an unknown unit of rate', ['--bandwidth', '10parsec']],
    ['a rate without a unit', ['--bandwidth', '10']],
    ['an unknown unit of time', ['--downtime', '50fortnights']],
    ['an unknown word', ['--mode', 'tepid']],
    ['an unknown option', ['--warp', '9']],
  ];
  for (const [what, args] of usage) {
    it(`ends with 2 and one line: ${what}`, async () => {
      const result = await godwit('migrate', DISK, '--to', '127.0.0.1:1', ...args);
      expect(result.code).toBe(2);
      expect(result.stdout).toBe('');
      expect(result.stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
    });
  }
});

describe('godwit status, images, cutover, cancel', () => {
  it('show and steer a detached migration', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    const at = ['--source', source.api.url];
    const detached = await godwit(
      'migrate',
      DISK,
      '--to',
      destination.address,
      ...at,
      '--cutover',
      'manual',
      '--detach',
    );
    expect(detached.code).toBe(0);
    const id = detached.stdout.trim();
    await untilState(source.api, id, 'pre-switchover');
    const status = await godwit('status', id, ...at, '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({ id, state: 'pre-switchover' });
    expect((await godwit('status', ...at)).stdout).toContain(id);
    expect((await godwit('images', ...at)).stdout).toContain(DISK);
    expect((await godwit('cutover', id, ...at)).code).toBe(0);
    expect((await godwit('watch', id, ...at)).code).toBe(0);
    await expectMovedWhole(source, destination, path);
    const late = await godwit('cancel', id, ...at);
    expect(late.code).toBe(1);
    expect(late.stderr).toContain('E_TOO_LATE');
  });

  it('cancel: the one who watches ends with 3', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, (file) => makeRandomImage(file, 8 * 1024 * 1024));
    const at = ['--source', source.api.url];
    const slow = ['--bandwidth', '1MiB/s', '--detach'];
    const { stdout } = await godwit('migrate', DISK, '--to', destination.address, ...at, ...slow);
    const id = stdout.trim();
    const watching = godwit('watch', id, ...at);
    expect((await godwit('cancel', id, ...at)).code).toBe(0);
    expect((await watching).code).toBe(3);
    await expectSourceOwns(source);
  });

  it('end with 2 for what does not exist', async () => {
    const stage = stageForTest();
    const { source } = await pairOf(stage, make);
    const result = await godwit('status', 'nobody', '--source', source.api.url);
    expect(result.code).toBe(2);
    expect(isOneClearLine(result.stderr, 'E_NOT_FOUND')).toBe(true);
  });
});
