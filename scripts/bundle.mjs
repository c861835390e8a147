// Bundles packages/schema and what it uses of TypeBox into one file, unless that file is newer than both.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const folder = fileURLToPath(new URL('../packages/schema', import.meta.url));
const input = join(folder, 'dist/index.js');
const file = join(folder, 'dist/bundle.mjs');

function isCurrent() {
  if (!existsSync(file)) return false;
  const made = statSync(file).mtimeMs;
  return [input, join(folder, 'package.json'), join(folder, 'node_modules/typebox/package.json')].every(
    // The time of a change, too: a package manager sets back when a file was written.
    (path) => Math.max(statSync(path).mtimeMs, statSync(path).ctimeMs) <= made,
  );
}

if (!isCurrent()) await build({ input, platform: 'node', output: { file, format: 'esm' } });
