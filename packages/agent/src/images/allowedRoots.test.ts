import { closeSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GodwitError } from '@godwit/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AllowedRoots } from './allowedRoots.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-roots-'));
  for (const name of ['in', 'in/deep', 'in-not', 'out']) mkdirSync(at(name));
  for (const name of ['in/deep/disk', 'in-not/disk', 'out/disk']) writeFileSync(at(name), 'x');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** `allowed`, or the code of the refusal. */
function judge(roots: AllowedRoots, path: string): string {
  try {
    roots.checkPath(path);
    return 'allowed';
  } catch (thrown) {
    if (thrown instanceof GodwitError) return thrown.code;
    throw thrown;
  }
}

describe('a path that a client names', () => {
  it('is opened below a root, whatever it looks like', () => {
    const roots = AllowedRoots.of([at('in')], true);
    expect(judge(roots, at('in/deep/disk'))).toBe('allowed');
    expect(judge(roots, at('out/../in/deep/disk'))).toBe('allowed');
    expect(judge(roots, at('in/not-there'))).toBe('allowed');
    for (const path of ['in/../out/disk', 'in-not/disk', 'out/disk', 'out/not-there', 'in/../../etc/passwd', '.'])
      expect(judge(roots, at(path)), path).toBe('E_OUTSIDE_ROOT');
    for (const path of ['/etc/passwd', '/proc/self/environ', '/', ''])
      expect(judge(roots, path), path).toBe('E_OUTSIDE_ROOT');
  });

  it('is not opened where a link leads out of it, at its end or on its way', () => {
    symlinkSync(at('out/disk'), at('in/link'));
    symlinkSync(at('out'), at('in/folder'));
    symlinkSync(at('in/deep/disk'), at('in/inside'));
    const roots = AllowedRoots.of([at('in')], true);
    expect(['link', 'folder/disk', 'inside'].map((name) => judge(roots, at('in', name)))).toEqual([
      'E_OUTSIDE_ROOT',
      'E_OUTSIDE_ROOT',
      'allowed',
    ]);
  });

  it('may lie below any of several roots, and a root may be a link', () => {
    symlinkSync(at('out'), at('alias'));
    const roots = AllowedRoots.of([at('in'), at('alias')], false);
    expect([at('out/disk'), at('alias/disk'), at('in-not/disk')].map((path) => judge(roots, path))).toEqual([
      'allowed',
      'allowed',
      'E_OUTSIDE_ROOT',
    ]);
  });

  it('is judged again by what was opened: a link that came in between changes nothing', () => {
    const roots = AllowedRoots.of([at('in')], true);
    const path = at('in/deep/disk');
    roots.checkPath(path);
    renameSync(at('in/deep'), at('in/before'));
    symlinkSync(at('out'), at('in/deep'));
    const fd = openSync(path, 'r');
    expect(() => roots.checkOpened(path, fd)).toThrow(expect.objectContaining({ code: 'E_OUTSIDE_ROOT' }));
    closeSync(fd);
  });

  it('is free without roots for clients of this host, and refused for others', () => {
    expect(judge(AllowedRoots.of([], true), at('out/disk'))).toBe('allowed');
    expect(judge(AllowedRoots.of([], false), at('out/disk'))).toBe('E_OUTSIDE_ROOT');
  });

  it('needs roots that are there', () => {
    expect(() => AllowedRoots.of([at('nowhere')], true)).toThrow(expect.objectContaining({ code: 'E_BAD_VALUE' }));
  });

  it('may be anything below the root of the file system', () => {
    expect(judge(AllowedRoots.of(['/'], false), at('out/disk'))).toBe('allowed');
  });
});
