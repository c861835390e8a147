import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestContext } from '../testing/testContext.js';

let folder: string;
let script: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-completion-'));
  mkdirSync(join(folder, 'images'));
  writeFileSync(join(folder, 'token file'), '');
  const context = new TestContext();
  expect(await context.run('completion bash')).toBe(0);
  script = join(folder, 'godwit.bash');
  writeFileSync(script, context.out);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash offers after these words, the last of which is being typed. */
function offered(...words: string[]): string[] {
  const program = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _godwit; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['--norc', '-c', program, 'bash', script, ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  return out.split('\n').filter((line) => line !== '');
}

describe('completion in bash', () => {
  it('offers the subcommands', () => {
    expect(offered('godwit', '')).toEqual(
      expect.arrayContaining(['source', 'dest', 'host', 'proxy', 'migrate', 'demo', 'completion', '--help']),
    );
    expect(offered('godwit', 'c')).toEqual(['cutover', 'cancel', 'certs', 'completion']);
  });

  it("offers a subcommand's options, those of the daemons too", () => {
    expect(offered('godwit', 'migrate', 'vm0', '--to')).toEqual(['--to', '--token-file']);
    expect(offered('godwit', 'source', '--sta')).toEqual(['--state-dir']);
    expect(offered('godwit', 'proxy', '--pa')).toEqual(['--patience']);
  });

  it('offers the choices of an option, with a blank or with = between', () => {
    expect(offered('godwit', 'migrate', '--on-stall', '')).toEqual(['abort', 'force']);
    expect(offered('godwit', 'migrate', '--mode', 'l')).toEqual(['live']);
    expect(offered('godwit', 'migrate', '--mode', '=')).toEqual(['live', 'cold']);
    expect(offered('godwit', 'migrate', '--mode', '=', 'c')).toEqual(['cold']);
    expect(offered('godwit', 'completion', 'z')).toEqual(['zsh']);
  });

  it('offers the commands of a group, and their options, choices and files', () => {
    expect(offered('godwit', 'vm', '')).toEqual(
      expect.arrayContaining(['run', 'check', 'migrate', 'status', '--help']),
    );
    expect(offered('godwit', 'vm', 's')).toEqual(['status', 'stop', 'start']);
    expect(offered('godwit', 'vm', 'migrate', 'web', '--fo')).toEqual(['--force-warnings']);
    expect(offered('godwit', 'vm', 'migrate', 'web', '--storage', '=', '')).toEqual(['copy', 'shared']);
    expect(offered('godwit', 'vm', 'run', 'to')).toEqual(['token file']);
  });

  it('offers files and folders where an option takes a path', () => {
    expect(offered('godwit', 'status', '--token-file', 'to')).toEqual(['token file']);
    expect(offered('godwit', 'dest', '--dir', 'im')).toEqual(['images']);
    expect(offered('godwit', 'host', '--dir', 'im')).toEqual(['images']);
    expect(offered('godwit', 'source', '--image', 'vm0', '=', 'im')).toEqual(['images']);
  });

  it('offers nothing where it cannot know', () => {
    expect(offered('godwit', 'migrate', '--lanes', '')).toEqual([]);
  });
});

describe('completion in zsh', () => {
  const zsh = spawnSync('zsh', ['--version']).status === 0;
  it.skipIf(!zsh && process.env['CI'] !== 'true')('is a script that zsh can read', async () => {
    const context = new TestContext();
    await context.run('completion zsh');
    const path = join(folder, '_godwit');
    writeFileSync(path, context.out);
    expect(spawnSync('zsh', ['-n', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
});
