import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { command, scratch } from './testing/mounted.js';
import { requireFuse, requirePrograms } from './testing/tools.js';

const SERVER = fileURLToPath(new URL('./testing/serveOnce.js', import.meta.url));
/** nobody, who may be on any machine. */
const USER = 65_534;
const AS_USER = ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'];
/** A name space of mounts in which anybody may open /dev/fuse, as on most hosts; then what is given. */
const OPEN_TO_ALL = 'mknod "$0" c 10 229 && chmod 666 "$0" && mount --bind "$0" /dev/fuse && exec "$@"';

it('a file by FUSE is mounted, read, written and unmounted by somebody who is not root', async (context) => {
  requireFuse(context);
  requirePrograms(context, ['fusermount3', 'setpriv', 'unshare', 'nsenter']);
  const folder = scratch();
  const [path, image, other] = ['file', 'image', 'other'].map((name) => join(folder, name)) as [string, string, string];
  const [content, newer] = [randomBytes(3 * 4096), randomBytes(4096)];
  writeFileSync(path, '');
  writeFileSync(image, content);
  writeFileSync(other, newer);
  for (const owned of [folder, path, image]) chownSync(owned, USER, USER);
  const serving = [...AS_USER, process.execPath, SERVER, path, image, String(content.length)];
  const server = spawn('unshare', ['--mount', 'sh', '-c', OPEN_TO_ALL, join(folder, 'fuse'), ...serving]);
  const ended = once(server, 'close');
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await ended;
  });
  let words = '';
  server.stderr.on('data', (part: Buffer) => {
    words += part.toString();
  });
  await Promise.race([once(server.stdout, 'data'), ended.then(() => expect(words).toBe(''))]);
  const asUser = (...args: string[]) => command('nsenter', `--target=${server.pid}`, '--mount', ...AS_USER, ...args);
  expect((await asUser('cat', path)).equals(content)).toBe(true);
  await asUser('dd', `if=${other}`, `of=${path}`, 'bs=4096', 'seek=1', 'conv=notrunc,fsync');
  expect(readFileSync(image).subarray(4096, 8192).equals(newer)).toBe(true);
  await asUser('fusermount3', '-u', '-z', path);
  expect((await asUser('stat', '--format=%s', path)).toString()).toBe('0\n');
});
