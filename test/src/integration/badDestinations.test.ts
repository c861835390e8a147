import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { expectNothingLeft, expectSourceOwns } from '../harness/expectations.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import type { MigrationView } from '../harness/migrationView.js';
import { migrate, migrateCompletely } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { freePort } from '../harness/ports.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireRoot, requireTool } from '../harness/tools.js';

const MEBIBYTE = 1024 * 1024;
const make = (path: string): void => makeRandomImage(path, 8 * MEBIBYTE);

/** Something that listens and is no destination agent. */
async function stranger(stage: Stage, onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  stage.atEnd(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${port}`;
}

async function moveTo(stage: Stage, address: string, args: readonly string[] = []): Promise<MigrationView> {
  const { source } = await pairOf(stage, make, { source: { args } });
  const view = await migrate(source.api, { images: [DISK], destination: address });
  expect(view.state).toBe('failed');
  expect(view.error?.message.split('\n')).toHaveLength(1);
  await expectSourceOwns(source);
  return view;
}

describe('a destination that', () => {
  it('does not answer: E_UNREACHABLE', async () => {
    const stage = stageForTest();
    const view = await moveTo(stage, `127.0.0.1:${await freePort()}`);
    expect(view.error?.code).toBe('E_UNREACHABLE');
  });

  it('has a name that nobody knows: E_UNREACHABLE', async () => {
    const stage = stageForTest();
    const view = await moveTo(stage, 'no-such-host.invalid:7400', ['--insecure']);
    expect(view.error?.code).toBe('E_UNREACHABLE');
  });

  it('speaks another protocol: E_NOT_GODWIT', async () => {
    const stage = stageForTest();
    const address = await stranger(stage, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await moveTo(stage, address)).error?.code).toMatch(/^E_(NOT_GODWIT|PROTOCOL)$/);
  });

  it('closes without a word: E_NOT_GODWIT or E_PEER_LOST', async () => {
    const stage = stageForTest();
    const address = await stranger(stage, (socket) => socket.destroy());
    expect((await moveTo(stage, address)).error?.code).toMatch(/^E_(NOT_GODWIT|PEER_LOST|UNREACHABLE)$/);
  });

  it('accepts and says nothing: noticed by the peer timeout', async () => {
    const stage = stageForTest();
    const address = await stranger(stage, () => undefined);
    const view = await moveTo(stage, address, ['--peer-timeout', '1s']);
    expect(view.error?.code).toMatch(/^E_(PEER_LOST|HELLO_TIMEOUT|UNREACHABLE|NOT_GODWIT)$/);
  });

  it('holds a file of that name which is not ours: E_EXISTS, and the file stays as it is', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    writeFileSync(destination.imagePath(DISK), 'precious');
    const view = await migrate(source.api, { images: [DISK], destination: destination.address });
    expect(view.state).toBe('failed');
    expect(view.error?.code).toBe('E_EXISTS');
    expect(readFileSync(destination.imagePath(DISK), 'utf8')).toBe('precious');
    await expectSourceOwns(source);
  });

  it('owns an image of that name: refused, and its image stays as it is', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    const path = stage.path('other.raw');
    makeRandomImage(path, MEBIBYTE, 5);
    const other = await stage.source({ images: { [DISK]: path } });
    const before = readFileSync(destination.imagePath(DISK));
    const view = await migrate(other.api, { images: [DISK], destination: destination.address });
    expect(view.state).toBe('failed');
    expect(view.error?.code).toMatch(/^E_(OWNED_HERE|EXISTS|OLD_EPOCH)$/);
    expect(readFileSync(destination.imagePath(DISK)).equals(before)).toBe(true);
    await expectSourceOwns(other);
  });

  it('has no room: E_NO_ROOM before the first byte', async (context) => {
    requireRoot(context);
    requireTool(context, 'mount');
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    const small = await stage.folder('small');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small]);
    stage.atEnd(async () => void execFileSync('umount', ['-l', small]));
    const args = destination.plan.args.map((arg) => (arg === destination.plan.directory ? small : arg));
    await destination.stop();
    const cramped = await stage.start({ ...destination.plan, args, directory: small });
    const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0 });
    const view = await migrate(source.api, { images: [DISK], destination: proxy.address });
    expect(view.state).toBe('failed');
    expect(view.error?.code).toBe('E_NO_ROOM');
    expect(proxy.passedBytes.toDestination).toBeLessThan(64 * 1024);
    await expectSourceOwns(source);
    await expectNothingLeft(cramped);
  });
});
