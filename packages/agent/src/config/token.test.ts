import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readToken, requireTokenBeyondLoopback } from './token.js';

const TOKEN = 'sixteen-or-more-characters';
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-token-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(content: string): string {
  const path = join(folder, 'token');
  writeFileSync(path, content);
  return path;
}

describe('readToken', () => {
  it.each([TOKEN, `${TOKEN}\n`, `${TOKEN}\r\n`])('reads %j', (content) => {
    expect(readToken(fileOf(content))).toBe(TOKEN);
  });

  it.each([
    ['', 'empty'],
    ['\n', 'empty'],
    ['k3y', 'too short'],
    [`${TOKEN}\n${TOKEN}\n`, 'several lines'],
    ['with spaces in the middle', 'spaces'],
    ['x'.repeat(5000), 'too long'],
  ])('refuses %j without quoting it', (content, said) => {
    const expected = expect.objectContaining({ code: 'E_TOKEN_FILE', message: expect.stringContaining(said) });
    expect(() => readToken(fileOf(content))).toThrow(expected);
    if (content.trim() !== '') expect(() => readToken(fileOf(content))).not.toThrow(content.trim());
  });

  it('says that there is no such file', () => {
    expect(() => readToken(join(folder, 'none'))).toThrow('no such file');
  });
});

describe('requireTokenBeyondLoopback', () => {
  it.each(['0.0.0.0', '::', '192.168.1.1', 'myhost'])('refuses %s without a token', (host) => {
    expect(() => requireTokenBeyondLoopback({ host, port: 1 }, undefined)).toThrow(
      expect.objectContaining({ code: 'E_TOKEN_REQUIRED' }),
    );
    expect(() => requireTokenBeyondLoopback({ host, port: 1 }, TOKEN)).not.toThrow();
  });

  it.each(['127.0.0.1', '::1', 'localhost'])('lets %s pass', (host) => {
    expect(() => requireTokenBeyondLoopback({ host, port: 1 }, undefined)).not.toThrow();
  });
});
