// Brings a clone to the point where it can run: pnpm by way of npx, the locked dependencies, and
// (with --build) the compiled packages. Safe to run again; does nothing when nothing changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const packageJson = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`godwit needs Node.js 20.19 or newer; this is ${process.version}`);
  process.exit(1);
}

/** Runs a command with its output shown; ends this process when it fails. */
function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.error) console.error(`cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

const lockDigest = createHash('sha256')
  .update(readFileSync(new URL('pnpm-lock.yaml', root)))
  .digest('hex');
const stamp = new URL('node_modules/.godwit-lock', root);
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lockDigest) {
  run('npx', ['--yes', packageJson.packageManager, 'install', '--frozen-lockfile', '--reporter=append-only']);
  writeFileSync(stamp, lockDigest);
}
if (process.argv.includes('--build')) {
  run(process.execPath, [new URL('node_modules/typescript/bin/tsc', root).pathname, '-b']);
}
