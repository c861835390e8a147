/** `godwit proxy` as a process: what it starts with, what it says, how it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('bin.js', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-proxy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function proxy(flags: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [BIN, 'proxy', ...flags], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seen = { out: '', log: '' };
  child.stdout.on('data', (piece: Buffer) => (seen.out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (seen.log += piece.toString()));
  return { child, seen, ended: once(child, 'close') };
}

describe('godwit proxy', () => {
  it('says in one line where it listens, and ends with 0 at SIGTERM, its socket removed', async () => {
    const path = join(folder, 's');
    const { child, seen, ended } = proxy(['--listen', `unix:${path}`, '--to', 'nbd://host1,unix:/run/b']);
    await once(child.stderr, 'data');
    expect(seen.log).toBe(`godwit proxy: NBD on unix:${path}, following host1:10809, unix:/run/b\n`);
    expect(existsSync(path)).toBe(true);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(existsSync(path)).toBe(false);
  });

  it('reads variables and the file, a flag before them', async () => {
    const config = join(folder, 'proxy.json');
    writeFileSync(config, JSON.stringify({ to: 'h:1,h:2', listen: 'h:7', patience: '1m' }));
    const { child, seen, ended } = proxy(['--listen', '127.0.0.1:0'], {
      GODWIT_CONFIG: config,
      GODWIT_TO: '[::1]:3,h:4',
      GODWIT_LISTEN: 'h:8',
    });
    await once(child.stderr, 'data');
    expect(seen.log).toMatch(/^godwit proxy: NBD on 127\.0\.0\.1:\d+, following \[::1\]:3, h:4\n$/);
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });

  it.each([
    [[], 'E_USAGE --listen ADDRESS is needed'],
    [['--listen', '127.0.0.1:0'], 'E_USAGE --to A,B is needed'],
    [['--listen', '7', '--to', 'h:1'], 'E_BAD_VALUE --listen is "7"; expected HOST:PORT'],
    [['--listen', '0.0.0.0:0', '--to', 'h:1'], 'E_INSECURE '],
    [['--listen', '127.0.0.1:0', '--to', 'nbds://h:1'], 'E_USAGE nbds:// in --to needs --tls-cert and --tls-key'],
    [['--listen', '127.0.0.1:0', '--to', 'h:1', '--tls-ca', 'x'], 'E_USAGE --tls-* needs an address with nbds://'],
    [['--listen', '127.0.0.1:1', '--to', '127.0.0.1:1,h:2'], 'E_USAGE --to names what --listen names, 127.0.0.1:1'],
    [
      ['--listen', '127.0.0.1:0', '--to', 'h:1', '--patience', '5'],
      'E_BAD_VALUE --patience is "5"; expected a duration',
    ],
    [['--listen', '127.0.0.1:0', '--to', 'h:1', '--log-level', 'loud'], 'E_BAD_VALUE --log-level is "loud"'],
  ])('refuses %j in one line', async (flags, said) => {
    const { seen, ended } = proxy(flags);
    expect(await ended).toEqual([2, null]);
    expect(seen.log).toMatch(/^godwit: [^\n]*\n$/);
    expect(seen.log).toContain(`godwit: ${said}`);
  });

  it('says that the port is taken, or that the path is no socket', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    const taken = `127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
    const first = proxy(['--listen', taken, '--to', 'h:1']);
    expect(await first.ended).toEqual([2, null]);
    expect(first.seen.log).toBe(`godwit: E_PORT_IN_USE ${taken} is in use; choose another with --listen\n`);
    server.close();
    writeFileSync(join(folder, 'file'), '');
    const second = proxy(['--listen', `unix:${join(folder, 'file')}`, '--to', 'h:1']);
    expect(await second.ended).toEqual([2, null]);
    expect(second.seen.log).toMatch(/^godwit: E_SOCKET_PATH [^\n]*file: exists and is no socket[^\n]*\n$/);
  });

  it('teaches by example', async () => {
    const { seen, ended } = proxy(['--help']);
    expect(await ended).toEqual([0, null]);
    expect(seen.out).toMatch(/--patience <DURATION>[^-]*\(default:\s+5m\)/);
    expect(seen.out).toMatch(/Examples:\n {2}godwit proxy --listen/);
  });
});
