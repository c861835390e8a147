import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GuestConsole } from './guestConsole.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-console-'));
  path = join(folder, 'console.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('waits for what the guest is to say, in whatever pieces it comes', async () => {
  const console = GuestConsole.follow(path);
  const waiting = console.until('a record', ({ diskSeq }) => diskSeq === 12);
  appendFileSync(path, 'd 1');
  appendFileSync(path, '2\n');
  await waiting;
  await console.until('the same', ({ diskSeq }) => diskSeq === 12);
  console.close();
});

it('waits in vain for a guest that has an error, no patience left, or no console', async () => {
  const console = GuestConsole.follow(path);
  await expect(console.until('readiness', ({ isReady }) => isReady, { patienceMs: 1 })).rejects.toThrow(
    /no sign of readiness in 1 ms; --- console .*console\.log/,
  );
  const stop = new AbortController();
  const stopped = console.until('readiness', ({ isReady }) => isReady, { stop: stop.signal });
  stop.abort(new Error('enough'));
  await expect(stopped).rejects.toThrow('enough');
  const failing = console.until('readiness', ({ isReady }) => isReady);
  appendFileSync(path, 'error no disk\n');
  await expect(failing).rejects.toThrow('the guest, waiting for readiness: no disk');
  console.close();

  const other = GuestConsole.follow(join(folder, 'other.log'));
  const closed = other.until('readiness', ({ isReady }) => isReady);
  other.close();
  await expect(closed).rejects.toThrow('is no longer followed');
});
