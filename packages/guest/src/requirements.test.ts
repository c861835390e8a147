import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { missingForGuest } from './requirements.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-guest-tools-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function tool(name: string, mode: number): void {
  writeFileSync(join(folder, name), '#!/bin/sh\n');
  chmodSync(join(folder, name), mode);
}

it('names each package once, by what cannot be run', () => {
  expect(missingForGuest('')).toEqual(expect.arrayContaining(['apt', 'dpkg', 'e2fsprogs', 'gcc', 'qemu-system-x86']));
  for (const name of ['qemu-system-x86_64', 'gcc', 'apt-get', 'apt-cache', 'dpkg-deb', 'mkfs.ext4']) tool(name, 0o755);
  const missing = missingForGuest(`/nonexistent:${folder}`).filter((name) => name !== 'libc6-dev');
  expect(missing).toEqual(['e2fsprogs']);
});
