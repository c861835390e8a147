// Brings a clone to the point where it can run: pnpm by way of npx, the locked dependencies, and
// (with --build) the compiled packages. Safe to run again; with nothing changed it needs no network
// and takes a fraction of a second. --production leaves out what only builds and tests.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeStaleOutput } from './staleOutput.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'node_modules/.godwit-lock');
const production = process.argv.includes('--production');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  stop(`godwit needs Node.js 20.19 or newer; this is ${process.version}`);
}

function stop(message) {
  console.error(message);
  process.exit(1);
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** Folders of the workspace: the root, each package, and test. */
function workspaceFolders() {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  return [root, ...packages, join(root, 'test')].filter((folder) => existsSync(join(folder, 'package.json')));
}

/** What was asked for of a manifest: dependencies, but neither scripts nor descriptions. */
function dependenciesOf(folder) {
  const { dependencies = {}, devDependencies = {} } = manifestOf(folder);
  return production ? { ...dependencies } : { ...devDependencies, ...dependencies };
}

/** Changes whenever an install could bring something else. */
function digestOfWanted() {
  const hash = createHash('sha256').update(production ? 'production' : 'all');
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(join(root, name)));
  for (const folder of workspaceFolders()) hash.update(JSON.stringify(dependenciesOf(folder)));
  return hash.digest('hex');
}

/** The stamp alone does not tell: a tree may have been copied without its links or in part. */
function firstMissing() {
  for (const folder of workspaceFolders()) {
    for (const name of Object.keys(dependenciesOf(folder))) {
      const link = join(folder, 'node_modules', name);
      if (!existsSync(join(link, 'package.json'))) return link;
    }
  }
  return undefined;
}

/** Installs exactly what the lock says; shows what pnpm said only when it failed. */
function install() {
  console.log('installing dependencies (needed once, and whenever pnpm-lock.yaml changes)');
  const started = Date.now();
  const pnpm = ['--yes', '--prefer-offline', manifestOf(root).packageManager];
  const options = [
    '--frozen-lockfile',
    '--prefer-offline',
    '--reporter=append-only',
    ...(production ? ['--prod'] : []),
  ];
  const result = spawnSync('npx', [...pnpm, 'install', ...options], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
    // CI: pnpm would otherwise ask before it replaces a node_modules that another tool or machine made.
    env: { ...process.env, CI: 'true' },
  });
  if (result.error) stop(`cannot run npx: ${result.error.message}; npm comes with Node.js and must be on the PATH`);
  if (result.status !== 0) {
    console.error(`${result.stdout}${result.stderr}`);
    stop(explain(result.stdout + result.stderr));
  }
  writeFileSync(stamp, digestOfWanted());
  console.log(`dependencies installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function explain(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT/.test(output)) {
    return 'dependencies could not be fetched: the npm registry was not reached (offline, or a proxy is needed?)';
  }
  if (/ERR_PNPM_OUTDATED_LOCKFILE/.test(output)) {
    return `pnpm-lock.yaml does not match a package.json; run: npx ${manifestOf(root).packageManager} install`;
  }
  return 'dependencies could not be installed; see above';
}

function build() {
  const removed = removeStaleOutput();
  if (removed > 0) console.log(`removed ${removed} compiled files without a source`);
  for (const command of [['node_modules/typescript/bin/tsc', '-b'], ['scripts/bundle.mjs']]) {
    const result = spawnSync(process.execPath, command, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    if (result.error) stop(`cannot run ${command[0]}: ${result.error.message}`);
    if (result.status !== 0) process.exit(result.status ?? 1);
  }
}

const upToDate = existsSync(stamp) && readFileSync(stamp, 'utf8') === digestOfWanted();
if (!upToDate || firstMissing() !== undefined) install();
if (process.argv.includes('--build')) build();
