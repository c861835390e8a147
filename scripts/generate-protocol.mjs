// Generates packages/protocol/generated/messages.{js,d.ts} from messages.proto. With --check it only
// compares, and fails when the committed files are out of date.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const proto = join(root, 'packages/protocol/messages.proto');
const target = join(root, 'packages/protocol/generated');
const scratch = mkdtempSync(join(tmpdir(), 'godwit-proto-'));
try {
  const js = join(scratch, 'messages.js');
  const pbjs = [
    '-t',
    'static-module',
    '-w',
    'esm',
    '--es6',
    '--no-create',
    '--no-verify',
    '--no-convert',
    '--no-delimited',
    '--no-typeurl',
    '--no-service',
  ];
  execFileSync(join(root, 'node_modules/.bin/pbjs'), [...pbjs, '--dts', '-o', js, proto], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  mkdirSync(target, { recursive: true });
  for (const name of ['messages.js', 'messages.d.ts']) {
    const made = readFileSync(join(scratch, name), 'utf8');
    if (!process.argv.includes('--check')) writeFileSync(join(target, name), made);
    else if (readFileSync(join(target, name), 'utf8') !== made) {
      console.error(`packages/protocol/generated/${name} is out of date; run npm run proto`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
