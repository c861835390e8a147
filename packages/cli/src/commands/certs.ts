import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { GodwitError, problemOf } from '@godwit/errors';
import { authorityProblem, type KeyAndCertificate, makeAuthority, signHost } from '../certs/authority.js';
import type { CliContext, ExitCode } from '../context.js';
import type { Settings } from '../settings/settings.js';

const DEFAULT_FOLDER = 'godwit-certs';
/** Two years: long enough to forget, so the summary says when. */
const DEFAULT_DAYS = 730;
const LONGEST_DAYS = 3650;
/** What a command on the host itself dials. */
const EVERY_HOST = ['localhost', '127.0.0.1', '::1'];
const SECRET_MODE = 0o600;
const PUBLIC_MODE = 0o644;
const FOLDER_MODE = 0o700;

interface Host {
  /** The first one names its folder. */
  readonly names: readonly string[];
  readonly folder: string;
}

/**
 * `godwit certs init`: an authority in a folder, unless it is there, and a certificate with its key for each host. Nothing
 * is overwritten without --force, and the authority never.
 */
export async function initCerts(
  context: CliContext,
  hostTexts: readonly string[],
  settings: Settings,
): Promise<ExitCode> {
  const out = resolve(settings.text('out') ?? DEFAULT_FOLDER);
  const days = settings.integer('days', 1, LONGEST_DAYS) ?? DEFAULT_DAYS;
  const hosts = hostTexts.map((text) => readHost(text, out));
  checkHosts(hosts);
  if (!settings.flag('force')) refuseExisting(hosts);
  const { authority, isNew } = await writing(out, () => authorityIn(out));
  for (const { names, folder } of hosts) {
    const made = await signHost(authority, [...new Set([...names, ...EVERY_HOST])], days);
    await writing(folder, () => {
      mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
      put(join(folder, 'key.pem'), made.key, SECRET_MODE);
      put(join(folder, 'cert.pem'), made.cert, PUBLIC_MODE);
      put(join(folder, 'ca.pem'), authority.cert, PUBLIC_MODE);
    });
  }
  context.stdout.write(summary(out, hosts, days, isNew));
  return 0;
}

function readHost(text: string, out: string): Host {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const wrong = names.find((name) => isIP(name) === 0 && !/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(name));
  const [first] = names;
  if (first === undefined || wrong !== undefined) {
    const expected = 'host names and IP addresses with commas between, such as a.example,10.0.0.1';
    throw new GodwitError('E_BAD_VALUE', { name: '--host', value: text, expected });
  }
  return { names, folder: join(out, first.replaceAll(':', '_')) };
}

function checkHosts(hosts: readonly Host[]): void {
  if (hosts.length === 0) {
    const problem =
      '--host NAME[,NAME...] is needed, once for each host: by the names and addresses that it is dialled by';
    throw new GodwitError('E_USAGE', { problem });
  }
  const twice = hosts.find(({ folder }, index) => hosts.findIndex((other) => other.folder === folder) !== index);
  if (twice !== undefined) throw new GodwitError('E_USAGE', { problem: `--host ${twice.names[0]} is given twice` });
}

function refuseExisting(hosts: readonly Host[]): void {
  const paths = hosts.flatMap(({ folder }) => ['key.pem', 'cert.pem', 'ca.pem'].map((name) => join(folder, name)));
  const existing = paths.find((path) => existsSync(path));
  if (existing === undefined) return;
  throw new GodwitError('E_USAGE', {
    problem: `${existing} exists; --force makes a new key and certificate for that host`,
  });
}

/** The one that is there, or a new one. */
async function authorityIn(out: string): Promise<{ authority: KeyAndCertificate; isNew: boolean }> {
  const [keyPath, certPath] = [join(out, 'ca.key'), join(out, 'ca.pem')];
  if (existsSync(keyPath) || existsSync(certPath)) {
    const authority = { key: readFileSync(keyPath, 'utf8'), cert: readFileSync(certPath, 'utf8') };
    const problem = authorityProblem(authority);
    if (problem !== undefined) throw new GodwitError('E_TLS_FILE', { path: certPath, problem });
    return { authority, isNew: false };
  }
  const authority = await makeAuthority(`Godwit authority of ${hostname()}`.slice(0, 64));
  mkdirSync(out, { recursive: true, mode: FOLDER_MODE });
  put(keyPath, authority.key, SECRET_MODE);
  put(certPath, authority.cert, PUBLIC_MODE);
  return { authority, isNew: true };
}

/** Never readable by others, not even for a moment, and never half there. */
function put(path: string, content: string, mode: number): void {
  const next = `${path}.new`;
  rmSync(next, { force: true });
  writeFileSync(next, content, { mode, flag: 'wx' });
  renameSync(next, path);
}

async function writing<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof GodwitError) throw thrown;
    throw new GodwitError('E_NOT_WRITABLE', { path, problem: problemOf(thrown) }, { cause: thrown });
  }
}

function summary(out: string, hosts: readonly Host[], days: number, isNew: boolean): string {
  const until = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const key = join(out, 'ca.key');
  const lines = [
    `authority     ${join(out, 'ca.pem')} (${isNew ? 'new' : 'kept'}); keep ${key} here, or offline: who has it can be any host`,
    ...hosts.map(({ names, folder }) => `certificate   ${folder} for ${names.join(', ')}; until ${until}`),
    '',
    'Copy each folder to its host, by a way that nobody else can read, and give the agent there:',
    '  --tls-cert FOLDER/cert.pem --tls-key FOLDER/key.pem --tls-ca FOLDER/ca.pem',
    ...(hosts.length === 2 ? pinning(hosts) : []),
    'To renew: the same command with --force, copy, and send the agents SIGHUP.',
  ];
  return `${lines.join('\n')}\n`;
}

function pinning([one, other]: readonly Host[]): string[] {
  const [a = '', b = ''] = [one?.names[0], other?.names[0]];
  return [`and, so that they talk to each other alone: --allow-peer ${b} on ${a}, --allow-peer ${a} on ${b}.`];
}
