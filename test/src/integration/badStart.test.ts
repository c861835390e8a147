import { linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isOneClearLine, refusedStart } from '../harness/command.js';
import type { Role } from '../harness/daemonProcess.js';
import { makeEmptyImage } from '../harness/imageFiles.js';
import { pairOf } from '../harness/pair.js';
import { freePort } from '../harness/ports.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';

/** Starts with these options beside what is needed, and expects one line with the code, and exit code 2. */
async function expectRefused(
  role: Role,
  code: string,
  needed: readonly string[],
  args: readonly string[],
): Promise<void> {
  const { code: exitCode, output } = await refusedStart(role, ...needed, ...args);
  expect(output).toContain(code);
  expect(isOneClearLine(output, code)).toBe(true);
  expect(exitCode).toBe(2);
}

async function sourceNeeds(stage: Stage): Promise<string[]> {
  return ['--listen', `127.0.0.1:${await freePort()}`, '--state-dir', await stage.folder('state')];
}

async function destinationNeeds(stage: Stage): Promise<string[]> {
  const api = `127.0.0.1:${await freePort()}`;
  return ['--listen', `127.0.0.1:${await freePort()}`, '--api', api, '--state-dir', await stage.folder('state')];
}

describe('a source does not start with', () => {
  /** What is wrong, the code that says so, and the value of --image. */
  const images: readonly (readonly [string, string, (stage: Stage) => readonly string[]])[] = [
    ['a missing file', 'E_NO_FILE', (stage) => [`disk=${stage.path('nothing')}`]],
    ['a file that cannot be opened', 'E_UNREADABLE', (stage) => [`disk=${loopAt(stage)}`]],
    ['a directory', 'E_NOT_AN_IMAGE', (stage) => [`disk=${stage.directory}`]],
    ['a character device', 'E_NOT_AN_IMAGE', () => ['disk=/dev/null']],
    ['a name with a slash', 'E_BAD_NAME', (stage) => [`a/b=${imageAt(stage)}`]],
    ['a name of dots', 'E_BAD_NAME', (stage) => [`..=${imageAt(stage)}`]],
    ['a name with a dot', 'E_BAD_NAME', (stage) => [`a.b=${imageAt(stage)}`]],
    ['a name of 65 characters', 'E_BAD_NAME', (stage) => [`${'a'.repeat(65)}=${imageAt(stage)}`]],
    ['no path', 'E_BAD_VALUE', () => ['disk']],
    ['an unknown unit in block=', 'E_BAD_VALUE', (stage) => [`disk=${imageAt(stage)},block=64Q`]],
    ['a block that is no power of two', 'E_BAD_VALUE', (stage) => [`disk=${imageAt(stage)},block=48K`]],
    ['a block of 2 MiB', 'E_', (stage) => [`disk=${imageAt(stage)},block=2M`]],
    ['an unknown kind', 'E_BAD_VALUE', (stage) => [`disk=${imageAt(stage)},kind=tape`]],
    ['one name twice', 'E_NAME_TAKEN', (stage) => [`disk=${imageAt(stage)}`, `disk=${imageAt(stage, 'other')}`]],
    ['one file twice', 'E_OPEN_TWICE', (stage) => [`one=${imageAt(stage)}`, `two=${stage.path('image')}`]],
    ['one file by a symlink', 'E_OPEN_TWICE', (stage) => [`one=${imageAt(stage)}`, `two=${symlinkOf(stage)}`]],
    ['one file by a hard link', 'E_OPEN_TWICE', (stage) => [`one=${imageAt(stage)}`, `two=${hardLinkOf(stage)}`]],
  ];
  for (const [what, code, specs] of images) {
    it(`${what}: ${code}`, async () => {
      const stage = stageForTest();
      const args = specs(stage).flatMap((spec) => ['--image', spec]);
      await expectRefused('source', code, await sourceNeeds(stage), args);
    });
  }

  it('a port in use: E_PORT_IN_USE', async () => {
    const stage = stageForTest();
    const { source } = await pairOf(stage, (path) => makeEmptyImage(path, 4096));
    const args = ['--image', `disk=${imageAt(stage)}`, '--listen', new URL(source.api.url).host];
    await expectRefused('source', 'E_PORT_IN_USE', ['--state-dir', await stage.folder('state')], args);
  });

  it('an address beyond loopback without a token: E_TOKEN_REQUIRED', async () => {
    const stage = stageForTest();
    const args = ['--image', `disk=${imageAt(stage)}`, '--listen', `0.0.0.0:${await freePort()}`];
    await expectRefused('source', 'E_TOKEN_REQUIRED', ['--state-dir', await stage.folder('state')], args);
  });

  it('a short token: E_TOKEN_FILE, which does not show it', async () => {
    const stage = stageForTest();
    writeFileSync(stage.path('token'), 'too-short\n');
    const args = ['--image', `disk=${imageAt(stage)}`, '--token-file', stage.path('token')];
    const { output } = await refusedStart('source', ...(await sourceNeeds(stage)), ...args);
    expect(isOneClearLine(output, 'E_TOKEN_FILE')).toBe(true);
    expect(output).not.toContain('too-short');
  });

  it('a damaged configuration file, or one with an unknown key: E_CONFIG', async () => {
    const stage = stageForTest();
    for (const text of ['{', '[]', '{"lisen": "127.0.0.1:1"}']) {
      writeFileSync(stage.path('config.json'), text);
      await expectRefused('source', 'E_CONFIG', [], ['--config', stage.path('config.json')]);
    }
  });

  it('an unknown unit or word in an option: E_BAD_VALUE', async () => {
    const stage = stageForTest();
    const needs = [...(await sourceNeeds(stage)), '--image', `disk=${imageAt(stage)}`];
    for (const args of [
      ['--peer-timeout', '10'],
      ['--peer-timeout', '-1s'],
      ['--hook-timeout', '1fortnight'],
      ['--listen', '127.0.0.1:notaport'],
      ['--listen', '127.0.0.1:70000'],
    ]) {
      await expectRefused('source', 'E_BAD_VALUE', needs, args);
    }
  });

  it('a damaged ownership record: E_STATE_CORRUPT, and nothing is assumed', async () => {
    const stage = stageForTest();
    const state = await stage.folder('state');
    writeFileSync(`${state}/ownership.json`, '{"damaged');
    const needs = ['--listen', `127.0.0.1:${await freePort()}`, '--state-dir', state];
    const { code, output } = await refusedStart('source', ...needs, '--image', `disk=${imageAt(stage)}`);
    expect(isOneClearLine(output, 'E_STATE_CORRUPT')).toBe(true);
    expect(code).not.toBe(0);
  });
});

describe('a destination does not start with', () => {
  it('a directory that is a file, is not writable, or cannot be made: E_NOT_WRITABLE', async () => {
    const stage = stageForTest();
    const needs = await destinationNeeds(stage);
    // Not even root may make files in /sys.
    for (const dir of [imageAt(stage), '/sys', '/sys/godwit']) {
      await expectRefused('dest', 'E_NOT_WRITABLE', needs, ['--dir', dir]);
    }
  });

  it('a state directory that cannot be made: E_STATE_DIR', async () => {
    const stage = stageForTest();
    const dir = await stage.folder('images');
    const needs = ['--dir', dir, '--listen', `127.0.0.1:${await freePort()}`, '--api', `127.0.0.1:${await freePort()}`];
    await expectRefused('dest', 'E_STATE_DIR', needs, ['--state-dir', '/sys/godwit']);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('either port in use: E_PORT_IN_USE', async () => {
    const stage = stageForTest();
    const { destination } = await pairOf(stage, (path) => makeEmptyImage(path, 4096));
    const needs = ['--dir', await stage.folder('images'), '--state-dir', await stage.folder('state')];
    const free = `127.0.0.1:${await freePort()}`;
    await expectRefused('dest', 'E_PORT_IN_USE', needs, ['--listen', destination.address, '--api', free]);
    const api = new URL(destination.api.url).host;
    await expectRefused('dest', 'E_PORT_IN_USE', needs, ['--listen', free, '--api', api]);
  });

  it('addresses beyond loopback without a token: E_TOKEN_REQUIRED', async () => {
    const stage = stageForTest();
    const needs = [...(await destinationNeeds(stage)), '--dir', await stage.folder('images')];
    await expectRefused('dest', 'E_TOKEN_REQUIRED', needs, ['--listen', `0.0.0.0:${await freePort()}`]);
    await expectRefused('dest', 'E_TOKEN_REQUIRED', needs, ['--api', `0.0.0.0:${await freePort()}`]);
  });
});

function imageAt(stage: Stage, name = 'image'): string {
  const path = stage.path(name);
  makeEmptyImage(path, 8192);
  return path;
}

/** Two symbolic links in a circle: nobody can open that, root included. */
function loopAt(stage: Stage): string {
  mkdirSync(stage.path('loop'));
  symlinkSync(stage.path('loop', 'b'), stage.path('loop', 'a'));
  symlinkSync(stage.path('loop', 'a'), stage.path('loop', 'b'));
  return stage.path('loop', 'a');
}

function symlinkOf(stage: Stage): string {
  symlinkSync(stage.path('image'), stage.path('link'));
  return stage.path('link');
}

function hardLinkOf(stage: Stage): string {
  linkSync(stage.path('image'), stage.path('hard'));
  return stage.path('hard');
}
