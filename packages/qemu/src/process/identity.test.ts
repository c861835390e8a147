import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { identityOf, isRunning } from './identity.js';

const failing = vi.hoisted((): { code: string | undefined } => ({ code: undefined }));

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  const readFileSync = (path: string, encoding: BufferEncoding) => {
    if (failing.code === undefined || !path.endsWith('/stat')) return fs.readFileSync(path, encoding);
    throw Object.assign(new Error(failing.code), { code: failing.code });
  };
  return { ...fs, readFileSync };
});

it('a process runs until it has ended, and while nobody can tell', async () => {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(child, 'close');
  await once(child, 'spawn');
  const identity = identityOf(child.pid ?? 0);
  if (identity === undefined) throw new Error('it does not run');
  expect(isRunning(identity)).toBe(true);
  expect(isRunning({ ...identity, startTicks: '1' })).toBe(false);
  failing.code = 'EMFILE';
  expect(isRunning(identity)).toBe(true);
  expect(() => identityOf(identity.pid)).toThrow('EMFILE');
  failing.code = 'ESRCH';
  expect(isRunning(identity)).toBe(false);
  failing.code = undefined;
  child.stdin.end();
  await ended;
  expect(isRunning(identity)).toBe(false);
});
