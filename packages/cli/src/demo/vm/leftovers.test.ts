import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { endLeftovers } from './leftovers.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-leftovers-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that has said that it runs; it ends by itself in a while. */
async function started(cwd: string) {
  mkdirSync(cwd, { recursive: true });
  const program = "process.stdout.write('here'); setTimeout(() => {}, 20000)";
  const child = spawn(process.execPath, ['-e', program], { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return child;
}

it('ends what works below the folder, and nothing else', async () => {
  const ours = await started(join(folder, 'state', 'vm'));
  const other = await started(`${folder}-of-another`);
  const ended = once(ours, 'exit');
  endLeftovers(folder);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(other.exitCode).toBeNull();
  expect(other.signalCode).toBeNull();
  other.kill();
  await once(other, 'exit');
  rmSync(`${folder}-of-another`, { recursive: true });
});
