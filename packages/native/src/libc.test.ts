import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  duplicate,
  hasNative,
  lockExclusively,
  nextData,
  nextHole,
  peerHasLeft,
  punchHole,
  SystemCallError,
  seekEnd,
  zeroRange,
} from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'godwit-native-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const opened: number[] = [];
afterEach(() => {
  for (const fd of opened.splice(0)) closeSync(fd);
});

function open(name: string): number {
  const fd = openSync(join(folder, name), 'a+');
  opened.push(fd);
  return fd;
}

/** A file of 3 TiB with one page of data near its end. */
function sparse(): { fd: number; at: number; size: number } {
  const [at, size] = [3 * 1024 ** 4 - 65_536, 3 * 1024 ** 4];
  const fd = openSync(join(folder, 'sparse'), 'w+');
  opened.push(fd);
  ftruncateSync(fd, size);
  writeSync(fd, Buffer.alloc(4096, 1), 0, 4096, at);
  return { fd, at, size };
}

function descriptorOf(socket: net.Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  if (typeof fd !== 'number') throw new Error('no descriptor');
  return fd;
}

const BAD_FD = 1_000_000;

describe.runIf(hasNative)('system calls', () => {
  it('find data and holes beyond 2^32', () => {
    const { fd, at, size } = sparse();
    expect([nextData(fd, 0), nextHole(fd, at), nextData(fd, at + 4096), seekEnd(fd)]).toEqual([
      at,
      at + 4096,
      'none',
      size,
    ]);
    expect([nextHole(fd, 5), nextData(fd, size)]).toEqual([5, 'none']);
  });

  it('punch holes, and leave the size', () => {
    const { fd, at, size } = sparse();
    expect(punchHole(fd, at, 4096)).toBe(true);
    expect([fstatSync(fd).blocks, fstatSync(fd).size, nextData(fd, 0)]).toEqual([0, size, 'none']);
  });

  it.each([folder, '/dev/shm'].filter((place) => existsSync(place)))(
    'zero a range and keep it allocated: %s',
    (place) => {
      const path = join(place, `godwit-zeroed-${process.pid}`);
      const fd = openSync(path, 'w+');
      opened.push(fd);
      unlinkSync(path);
      writeSync(fd, Buffer.alloc(16_384, 1));
      const bytes = Buffer.alloc(16_384);
      expect(zeroRange(fd, 1, 13_000)).toBe(true);
      readSync(fd, bytes, 0, 16_384, 0);
      expect(bytes.equals(Buffer.concat([Buffer.of(1), Buffer.alloc(13_000), Buffer.alloc(3383, 1)]))).toBe(true);
      expect([fstatSync(fd).blocks * 512, fstatSync(fd).size]).toEqual([16_384, 16_384]);
    },
  );

  it('tell that a peer has left, also before what it sent was read', async () => {
    const path = join(folder, 'socket');
    const server = net.createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const client = net.connect(path);
    const [socket] = await once(server, 'connection');
    const fd = descriptorOf(socket);
    await new Promise<void>((resolve) => client.write('unread', () => resolve()));
    expect(peerHasLeft(fd)).toBe(false);
    client.destroy();
    await once(client, 'close');
    expect(peerHasLeft(fd)).toBe(true);
    socket.destroy();
    server.close();
  });

  it('duplicate a descriptor for this process alone: a program that it starts has none of it', () => {
    const path = join(folder, 'inherited');
    writeFileSync(path, 'x');
    const fd = openSync(path, 'r');
    const copy = duplicate(fd);
    closeSync(fd);
    if (copy === undefined) throw new Error('no copy');
    opened.push(copy);
    expect(execFileSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' })).not.toContain(path);
  });

  it('duplicate a descriptor that outlives the first', () => {
    const fd = openSync(join(folder, 'twice'), 'w+');
    writeSync(fd, 'godwit');
    const copy = duplicate(fd);
    closeSync(fd);
    if (copy === undefined) throw new Error('no copy');
    opened.push(copy);
    const bytes = Buffer.alloc(6);
    readSync(copy, bytes, 0, 6, 0);
    expect([copy === fd, bytes.toString()]).toEqual([false, 'godwit']);
  });

  it('lock for one holder, until it closes', () => {
    const first = openSync(join(folder, 'lock'), 'a+');
    expect([lockExclusively(first), lockExclusively(open('lock'))]).toEqual([true, false]);
    closeSync(first);
    expect(lockExclusively(open('lock'))).toBe(true);
  });

  it('throw with the errno what is no lack of support', () => {
    const calls = [
      () => nextData(BAD_FD, 0),
      () => seekEnd(BAD_FD),
      () => punchHole(BAD_FD, 0, 1),
      () => duplicate(BAD_FD),
      () => lockExclusively(BAD_FD),
      () => zeroRange(BAD_FD, 0, 1),
      () => peerHasLeft(BAD_FD),
    ];
    for (const call of calls) {
      expect(call).toThrow(SystemCallError);
      expect(call).toThrow(expect.objectContaining({ errno: 9, code: 'EBADF' }));
    }
  });
});

/** What a program prints of this package's answers, `expressions`, under a variable. */
function answersWith(variable: string, expressions: string, before = ''): string {
  const index = JSON.stringify(new URL('./index.js', import.meta.url).href);
  const program = `import * as native from ${index}; ${before}; console.log(${expressions});`;
  const env = { ...process.env, [variable]: '1' };
  return execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', env });
}

it('answer "not to be had" where GODWIT_NO_NATIVE asks for it', () => {
  const unknown = 'native.nextData(0, 0), native.nextHole(0, 0), native.seekEnd(0), native.duplicate(0)';
  const more = 'native.lockExclusively(0), native.peerHasLeft(0)';
  const answers = `[${unknown}, ${more}].every((answer) => answer === undefined)`;
  const expressions = `native.hasNative, native.punchHole(0, 0, 1), native.zeroRange(0, 0, 1), ${answers}`;
  expect(answersWith('GODWIT_NO_NATIVE', expressions)).toBe('false false false true\n');
});

it.runIf(hasNative)('know no holes where GODWIT_NO_HOLES asks for it, and everything else', () => {
  const path = join(folder, 'without-holes');
  writeFileSync(path, Buffer.alloc(8192, 1));
  const open = `const fd = (await import('node:fs')).openSync(${JSON.stringify(path)}, 'r+')`;
  const holes =
    'native.nextData(fd, 0), native.nextHole(fd, 0), native.punchHole(fd, 0, 4096), native.zeroRange(fd, 0, 4096)';
  const expressions = `${holes}, native.seekEnd(fd), native.lockExclusively(fd)`;
  expect(answersWith('GODWIT_NO_HOLES', expressions, open)).toBe('undefined undefined false false 8192 true\n');
  expect(readFileSync(path).equals(Buffer.alloc(8192, 1))).toBe(true);
});
