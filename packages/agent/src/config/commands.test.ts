/** The commands as processes: what they start with, what they say, how they end. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const PACKAGE = new URL('../index.js', import.meta.url).href;
const TOKEN = 'sixteen-or-more-characters';

/** A daemon whose agent prints its options; `close` takes as long as CLOSE_MS says, or fails. */
const SCRIPT = `
const agent = await import(${JSON.stringify(PACKAGE)});
const start = async (options) => {
  if (process.env.START_FAILS) throw new agent.GodwitErrorForTest('E_STATE_DIR', { path: '/s', problem: 'gone' });
  console.log(JSON.stringify({ ...options, logger: options.logger.level }));
  const alive = setInterval(() => {}, 1000);
  return {
    apiUrl: 'http://127.0.0.1:7', listenPort: process.env.LISTEN_PORT ? 9 : undefined,
    close: () => new Promise((resolve) => { console.log('closing'); setTimeout(resolve, Number(process.env.CLOSE_MS ?? 0)); }),
  };
};
await agent[process.env.COMMAND](start).parseAsync();
`;

let folder = '';
const children: ChildProcessWithoutNullStreams[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-command-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function run(
  command: 'sourceCommand' | 'destinationCommand' | 'hostCommand',
  flags: string[],
  environment: Record<string, string> = {},
) {
  const script = SCRIPT.replace('agent.GodwitErrorForTest', `(await import('@godwit/errors')).GodwitError`);
  const path = join(import.meta.dirname, '..', '..');
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', ...flags], {
    cwd: path,
    env: { PATH: process.env.PATH, HOME: '/home/nobody', COMMAND: command, ...environment },
  });
  children.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  const said = async (text: string) => {
    while (!(stdout + stderr).includes(text)) {
      if (child.exitCode !== null) throw new Error(`ended without "${text}": ${stdout}${stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return { child, ended, said, stdout: () => stdout, stderr: () => stderr };
}

/** The options that the agent got. */
async function optionsOf(...parameters: Parameters<typeof run>): Promise<unknown> {
  const { said, stdout } = run(...parameters);
  await said('API on');
  return JSON.parse(stdout());
}

describe('godwit source', () => {
  it('has defaults for everything', async () => {
    expect(await optionsOf('sourceCommand', [])).toEqual({
      images: [],
      allowRoots: [],
      listen: { host: '127.0.0.1', port: 7301 },
      nbd: { wait: false, farewell: 'eshutdown', tls: { mode: 'off' } },
      stateDir: '/home/nobody/.local/state/godwit/source',
      peerTimeoutMs: 10_000,
      hooks: { timeoutMs: 30_000 },
      logger: 'info',
    });
  });

  it('reads flags, variables and the file', async () => {
    const config = join(folder, 'config.json');
    writeFileSync(
      config,
      JSON.stringify({ image: ['c=/c'], logLevel: 'warn', onRelease: 'true', nbdUnix: '/run/nbd' }),
    );
    writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
    const flags = [
      '--image',
      'a=/a',
      '--image',
      'b=/b,kind=memory',
      '--listen',
      '0.0.0.0:1',
      '--on-freeze',
      'false',
      '--insecure',
    ];
    const variables = { GODWIT_TOKEN_FILE: join(folder, 'token'), GODWIT_CONFIG: config, XDG_STATE_HOME: '/state' };
    const nbd = { GODWIT_NBD: '[::1]:0', GODWIT_ALLOW_ROOT: '/srv;/var/images' };
    expect(await optionsOf('sourceCommand', flags, { ...variables, ...nbd })).toEqual({
      images: [
        { name: 'a', path: '/a', kind: 'disk' },
        { name: 'b', path: '/b', kind: 'memory' },
      ],
      allowRoots: ['/srv', '/var/images'],
      listen: { host: '0.0.0.0', port: 1 },
      nbd: {
        wait: false,
        farewell: 'eshutdown',
        tls: { mode: 'off' },
        tcp: { host: '::1', port: 0 },
        unixPath: '/run/nbd',
      },
      stateDir: '/state/godwit/source',
      token: TOKEN,
      peerTimeoutMs: 10_000,
      hooks: { timeoutMs: 30_000, onFreeze: 'false', onRelease: 'true' },
      logger: 'warn',
      insecure: true,
    });
  });

  it.each([
    [
      ['--listen', '0.0.0.0:1'],
      'godwit: E_TOKEN_REQUIRED listening on 0.0.0.0:1 beyond loopback needs --token-file or --tls-ca\n',
    ],
    [['--allow-peer', 'b.example'], 'godwit: E_USAGE --allow-peer needs --tls-cert, --tls-key and --tls-ca\n'],
    [
      ['--allow-peer', 'b example'],
      'godwit: E_BAD_VALUE --allow-peer is "b example"; expected a host name or IP address\n',
    ],
    [['--nbd', ':1'], 'godwit: E_BAD_VALUE --nbd is ":1"; expected HOST:PORT'],
    [['--nbd', '0.0.0.0:1'], 'godwit: E_INSECURE '],
    [['--peer-timeout', '0s'], 'godwit: E_BAD_VALUE --peer-timeout is "0s"; expected a duration from 1ms to 500h\n'],
    [['--log-level', 'loud'], 'godwit: E_BAD_VALUE --log-level is "loud"; expected trace, debug'],
    [['--nonsense'], "error: unknown option '--nonsense'"],
    [['extra'], 'error: too many arguments'],
  ])('refuses %j in one line, with exit code 2', async (flags, said) => {
    const { ended, stderr, stdout } = run('sourceCommand', flags);
    expect(await ended).toBe(2);
    expect(stderr()).toContain(said);
    expect([stderr().trim().split('\n').length, stdout()]).toEqual([1, '']);
  });

  it('speaks plain text beyond loopback when it is told that this is insecure, and not otherwise', async () => {
    writeFileSync(join(folder, 'token'), TOKEN);
    const flags = ['--listen', '0.0.0.0:1', '--token-file', join(folder, 'token')];
    const { ended, stderr } = run('sourceCommand', flags);
    const said = 'godwit: E_INSECURE serving the API on 0.0.0.0:1 beyond loopback needs --tls-cert, or --insecure\n';
    expect([await ended, stderr()]).toEqual([2, said]);
    expect(await optionsOf('sourceCommand', [...flags, '--insecure'])).toMatchObject({ insecure: true });
  });

  it('shows its help and ends with 0', async () => {
    const { ended, stdout } = run('sourceCommand', ['--help']);
    expect(await ended).toBe(0);
    expect(stdout()).toContain('--image <NAME=PATH>');
    expect(stdout()).toContain('GODWIT_*');
  });

  it('reports an agent that cannot start with the exit code of its error', async () => {
    const { ended, stderr } = run('sourceCommand', [], { START_FAILS: '1' });
    expect([await ended, stderr()]).toEqual([2, 'godwit: E_STATE_DIR state directory /s: gone\n']);
  });
});

describe('godwit dest', () => {
  it('has defaults for everything but the folder', async () => {
    expect(await optionsOf('destinationCommand', ['--dir', '/images'], { LISTEN_PORT: '1' })).toEqual({
      dir: '/images',
      listen: { host: '127.0.0.1', port: 7400 },
      api: { host: '127.0.0.1', port: 7401 },
      nbd: { wait: false, farewell: 'eshutdown', tls: { mode: 'off' } },
      stateDir: '/images/.godwit',
      peerTimeoutMs: 10_000,
      hooks: { timeoutMs: 30_000 },
      logger: 'info',
    });
    const flags = ['--dir', '/images', '--nbd', '127.0.0.1:1', '--nbd-wait'];
    expect(await optionsOf('destinationCommand', flags)).toMatchObject({ nbd: { wait: true } });
    const { ended, stderr } = run('destinationCommand', []);
    expect([await ended, stderr()]).toEqual([2, 'godwit: E_USAGE --dir DIR is needed\n']);
  });

  it.each([
    [['--listen', '0.0.0.0:1'], 'E_TOKEN_REQUIRED'],
    [['--api', '[::]:1'], 'E_TOKEN_REQUIRED'],
    [
      ['--listen', '0.0.0.0:1', '--token-file', 'TOKEN'],
      'E_INSECURE taking migrations on 0.0.0.0:1 beyond loopback needs --tls-ca',
    ],
    [
      ['--api', '0.0.0.0:1', '--token-file', 'TOKEN'],
      'E_INSECURE serving the API on 0.0.0.0:1 beyond loopback needs --tls-cert',
    ],
    [['--advertise', 'host:7401'], 'E_BAD_VALUE --advertise'],
    [['--nbd-wait'], 'E_USAGE --nbd-wait needs --nbd or --nbd-unix'],
  ])('refuses %j', async (flags, said) => {
    const token = join(folder, 'token');
    writeFileSync(token, TOKEN);
    const given = flags.map((flag) => (flag === 'TOKEN' ? token : flag));
    const { ended, stderr } = run('destinationCommand', ['--dir', '/images', ...given]);
    expect([await ended, stderr()]).toEqual([2, expect.stringContaining(said)]);
  });
});

describe('signals', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('the first %s closes the agent and ends with 0', async (signal) => {
    const { child, ended, said, stdout, stderr } = run('sourceCommand', [], { CLOSE_MS: '50' });
    await said('API on');
    expect(stderr()).toBe('godwit source: API on http://127.0.0.1:7\n');
    child.kill(signal);
    expect(await ended).toBe(0);
    expect(stdout()).toContain('closing');
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('a second %s ends at once with %i', async (signal, code) => {
    const { child, ended, said } = run('sourceCommand', [], { CLOSE_MS: '600000' });
    await said('API on');
    child.kill('SIGTERM');
    await said('closing');
    child.kill(signal);
    expect(await ended).toBe(code);
  });
});

describe('godwit host', () => {
  const AT_REST = {
    listen: { host: '127.0.0.1', port: 7400 },
    api: { host: '127.0.0.1', port: 7401 },
    nbd: { wait: false, farewell: 'eshutdown', tls: { mode: 'off' } },
    peerTimeoutMs: 10_000,
    logger: 'info',
  };

  it('has defaults for everything but its directory', async () => {
    expect(await optionsOf('hostCommand', ['--dir', '/images'])).toEqual({
      ...AT_REST,
      dir: '/images',
      stateDir: '/images/.godwit',
      images: [],
      allowRoots: [],
      hooks: { timeoutMs: 30_000 },
    });
    const { ended, stderr } = run('hostCommand', []);
    expect([await ended, stderr()]).toEqual([2, 'godwit: E_USAGE --dir DIR is needed\n']);
  });

  it('understands what a source and a destination do', async () => {
    const flags = [
      '--dir',
      '/images',
      '--state-dir',
      '/state',
      '--image',
      'a=/a',
      '--allow-root',
      '/srv',
      '--insecure',
    ];
    const hooks = { GODWIT_ON_FREEZE: 'f', GODWIT_ON_RELEASE: 'r', GODWIT_ON_TAKEOVER: 't', GODWIT_HOOK_TIMEOUT: '1s' };
    const more = { GODWIT_NBD_UNIX: '/nbd', GODWIT_NBD_WAIT: 'true', GODWIT_ADVERTISE: 'http://a:1' };
    expect(await optionsOf('hostCommand', flags, { ...hooks, ...more })).toEqual({
      ...AT_REST,
      dir: '/images',
      stateDir: '/state',
      images: [{ name: 'a', path: '/a', kind: 'disk' }],
      allowRoots: ['/srv'],
      insecure: true,
      nbd: { ...AT_REST.nbd, wait: true, unixPath: '/nbd' },
      advertiseUrl: 'http://a:1',
      hooks: { timeoutMs: 1000, onFreeze: 'f', onRelease: 'r', onTakeover: 't' },
    });
  });
});
