// Starts a daemon of the compose demonstration: node docker/start.mjs source|dest [options].
// Each `up` is a fresh demonstration, so what an earlier one left in the volumes is removed; the two
// daemons agree on one token; then the command goes on in this same process, which so stays process 1
// and gets the signals.
import { randomBytes } from 'node:crypto';
import { closeSync, linkSync, openSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SECRETS = '/run/godwit';
const IMAGE_BYTES = 256 * 1024 * 1024;

/** Whoever comes first makes the token; a link is atomic, so the other never reads half of one. */
function agreeOnToken() {
  const own = join(SECRETS, `.token-${process.pid}-${randomBytes(4).toString('hex')}`);
  writeFileSync(own, `${randomBytes(32).toString('hex')}\n`, { mode: 0o400 });
  try {
    linkSync(own, join(SECRETS, 'token'));
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(own);
  }
}

const role = process.argv[2];
if (role !== 'source' && role !== 'dest') {
  console.error('usage: node docker/start.mjs source|dest [options of that command]');
  process.exit(2);
}
for (const folder of ['/images', '/state']) {
  for (const entry of readdirSync(folder)) rmSync(join(folder, entry), { recursive: true });
}
agreeOnToken();
if (role === 'source') {
  closeSync(openSync('/images/disk0.img', 'w'));
  truncateSync('/images/disk0.img', IMAGE_BYTES);
}
await import('../packages/cli/dist/bin.js');
