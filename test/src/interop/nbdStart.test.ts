import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isOneClearLine, refusedStart } from '../harness/command.js';
import { answers } from '../harness/foreignDaemon.js';
import { makeEmptyImage } from '../harness/imageFiles.js';
import { freePort } from '../harness/ports.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { nbdServer } from './nbdServer.js';
import { RawClient } from './rawClient.js';

const SIZE_BYTES = 1024 * 1024;
/** sockaddr_un holds 108 bytes with the zero at the end (unix(7)). */
const LONGEST_PATH = 107;

function imageAt(stage: Stage): string {
  const path = stage.path('disk.raw');
  if (!existsSync(path)) makeEmptyImage(path, SIZE_BYTES);
  return path;
}

/** A source that must not start with these options: exit code 2, and one line with the code. */
async function expectRefused(stage: Stage, code: string, args: readonly string[]): Promise<string> {
  const other = stage.path('refused.raw');
  makeEmptyImage(other, SIZE_BYTES);
  const needed = ['--image', `disk=${other}`, '--listen', `127.0.0.1:${await freePort()}`];
  const refusal = await refusedStart('source', ...needed, '--state-dir', await stage.folder('state'), ...args);
  expect(refusal.output).toContain(code);
  expect(isOneClearLine(refusal.output, code)).toBe(true);
  expect(refusal.code).toBe(2);
  return refusal.output;
}

describe('a source does not start with', () => {
  it.each([
    ['no port', 'nonsense'],
    ['a port out of range', '127.0.0.1:65536'],
    ['a port that is no number', '127.0.0.1:nbd'],
    ['nothing', ''],
  ])('%s for --nbd', async (_, value) => {
    const output = await expectRefused(stageForTest(), 'E_BAD_VALUE', ['--nbd', value]);
    expect(output).toContain('nbd');
  });

  it('an NBD port that is in use', async () => {
    const stage = stageForTest();
    const server = await nbdServer(stage, { disk: imageAt(stage) });
    const output = await expectRefused(stage, 'E_PORT_IN_USE', ['--nbd', `127.0.0.1:${server.port}`]);
    expect(output).toContain('--nbd');
    expect(await answers({ port: server.port })).toBe(true);
  });

  it('an NBD address that is not of this host', async () => {
    await expectRefused(stageForTest(), 'E_ADDRESS', ['--nbd', `192.0.2.1:${await freePort()}`, '--insecure']);
  });

  it('a socket path where there is a file, which stays as it was', async () => {
    const stage = stageForTest();
    const path = stage.path('precious');
    writeFileSync(path, 'do not lose this');
    const output = await expectRefused(stage, 'E_SOCKET_PATH', ['--nbd-unix', path]);
    expect(output).toContain(path);
    expect(readFileSync(path, 'utf8')).toBe('do not lose this');
  });

  it('a socket path where there is a folder', async () => {
    const stage = stageForTest();
    mkdirSync(stage.path('folder'));
    await expectRefused(stage, 'E_SOCKET_PATH', ['--nbd-unix', stage.path('folder')]);
  });

  it('a socket path in a folder that does not exist', async () => {
    const stage = stageForTest();
    await expectRefused(stage, 'E_SOCKET_PATH', ['--nbd-unix', stage.path('nowhere', 'nbd.sock')]);
  });

  it('a socket path on which another agent serves, which goes on', async () => {
    const stage = stageForTest();
    const server = await nbdServer(stage, { disk: imageAt(stage) });
    await expectRefused(stage, 'E_SOCKET_PATH', ['--nbd-unix', server.socketPath]);
    const client = await RawClient.attach(stage, server.place('unix'), 'disk');
    expect((await client.call({ command: 0, length: 512 })).errno).toBe(0);
  });

  it('a socket path of 108 bytes', async () => {
    const stage = stageForTest();
    const path = stage.path('x'.repeat(LONGEST_PATH + 1 - stage.path('').length - 1));
    expect(Buffer.byteLength(path)).toBe(LONGEST_PATH + 1);
    await expectRefused(stage, 'E_SOCKET_PATH', ['--nbd-unix', path]);
  });
});

describe('a source starts', () => {
  it('at the path of a socket that a killed agent left', async () => {
    const stage = stageForTest();
    const first = await nbdServer(stage, { disk: imageAt(stage) });
    await first.agent.kill();
    expect(existsSync(first.socketPath)).toBe(true);
    expect(await answers({ path: first.socketPath })).toBe(false);
    await first.agent.start();
    const client = await RawClient.attach(stage, first.place('unix'), 'disk');
    expect((await client.call({ command: 0, length: 512 })).errno).toBe(0);
  });

  it('with a socket path of 107 bytes, which is gone after it has ended', async () => {
    const stage = stageForTest();
    const path = stage.path('x'.repeat(LONGEST_PATH - stage.path('').length - 1));
    expect(Buffer.byteLength(path)).toBe(LONGEST_PATH);
    const source = await stage.source({ images: { disk: imageAt(stage) }, args: ['--nbd-unix', path] });
    await RawClient.attach(stage, { path }, 'disk');
    await source.stop();
    expect(existsSync(path)).toBe(false);
  });
});
