import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GodwitError } from '@godwit/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runHook } from './runHook.js';

const PLENTY_MS = 20_000;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-hook-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function failure(running: Promise<unknown>): Promise<GodwitError> {
  const thrown: unknown = await running.then(
    () => new Error('the hook succeeded'),
    (error: unknown) => error,
  );
  if (thrown instanceof GodwitError) return thrown;
  throw thrown;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A killed child of a killed shell may wait for its reaper; it does not run any more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('runHook', () => {
  it('hands variables over, with the prefix whether or not it was written', async () => {
    const result = await runHook(
      'on-freeze',
      'printf "%s/%s" "$GODWIT_MIGRATION" "$GODWIT_IMAGES" >&2',
      { MIGRATION: 'm1', GODWIT_IMAGES: 'a,b' },
      PLENTY_MS,
    );
    expect(result.stderr).toBe('m1/a,b');
  });

  it('reports the exit code and what the command said', async () => {
    const error = await failure(runHook('on-freeze', 'echo no such guest >&2; exit 7', {}, PLENTY_MS));
    expect(error.code).toBe('E_HOOK');
    expect(error.parameters).toEqual({ hook: 'on-freeze', problem: 'exit code 7' });
    expect(error.detail).toBe('no such guest');
  });

  it('kills the command and what it started when the time is up', async () => {
    const pidFile = join(folder, 'pid');
    const command = `sleep 600 & echo $! > ${pidFile}; wait`;
    const error = await failure(runHook('on-freeze', command, {}, 500));
    expect(error.parameters.problem).toContain('took longer than 500ms');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    for (let tries = 0; tries < 100 && alive(pid); tries += 1) await sleep(20);
    expect(alive(pid)).toBe(false);
  });

  it('is killed when the signal fires, and not started when it has fired', async () => {
    const cancel = new AbortController();
    const running = failure(runHook('on-freeze', 'sleep 600', {}, PLENTY_MS, cancel.signal));
    setTimeout(() => cancel.abort(), 50);
    expect((await running).parameters.problem).toBe('cancelled');
    const marker = join(folder, 'started');
    await failure(runHook('on-freeze', `touch ${marker}`, {}, PLENTY_MS, cancel.signal));
    expect(existsSync(marker)).toBe(false);
  });

  it('keeps 4 KiB of stderr and lets the command write as much as it wants', async () => {
    const result = await runHook('on-release', 'head -c 1000000 /dev/zero | tr "\\0" x >&2', {}, PLENTY_MS);
    expect(result.stderr).toBe('x'.repeat(4096));
  });

  it('does not wait for what the command left in the background', async () => {
    const pidFile = join(folder, 'pid');
    const result = await runHook('on-takeover', `sleep 600 & echo $! > ${pidFile}`, {}, PLENTY_MS);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(result.durationMs).toBeLessThan(PLENTY_MS);
    expect(alive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
  });

  it('says that a command does not exist', async () => {
    const error = await failure(runHook('on-release', '/no/such/command', {}, PLENTY_MS));
    expect(error.parameters.problem).toBe('exit code 127');
  });
});
