import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { DetachedProcess } from './detachedProcess.js';

function processesIn(folder: string): string[] {
  return readdirSync('/proc').filter((entry) => {
    try {
      return /^\d+$/.test(entry) && readlinkSync(`/proc/${entry}/cwd`) === folder;
    } catch {
      // It has ended since.
      return false;
    }
  });
}

it('a program that cannot be recorded does not run on: nobody would find it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-detached-'));
  onTestFinished(() => {
    for (const pid of processesIn(folder)) process.kill(Number(pid), 'SIGKILL');
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, 'idle.process.json.new'));
  const program = { binary: process.execPath, args: ['-e', 'setInterval(() => undefined, 1000)'] };
  const started = DetachedProcess.start({ ...program, folder, name: 'idle', socket: '' });
  await expect(started).rejects.toMatchObject({ code: 'E_QEMU_START' });
  await vi.waitFor(() => expect(processesIn(folder)).toEqual([]));
});
