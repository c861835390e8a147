// Bundles packages/schema and what it uses of TypeBox into one file, unless that file is newer than both.
import { existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const folder = fileURLToPath(new URL('../packages/schema', import.meta.url));
const input = join(folder, 'dist/index.js');
const file = join(folder, 'dist/bundle.mjs');

function isCurrent() {
  if (!existsSync(file)) return false;
  const made = statSync(file).mtimeMs;
  const bundler = fileURLToPath(import.meta.resolve('rolldown'));
  const typebox = join(folder, 'node_modules/typebox/package.json');
  return [input, join(folder, 'package.json'), typebox, bundler, fileURLToPath(import.meta.url)].every(
    // The time of a change, too: a package manager sets back when a file was written.
    (path) => Math.max(statSync(path).mtimeMs, statSync(path).ctimeMs) <= made,
  );
}

// Nothing is compiled yet where a check that needs no tests is the first thing that runs.
if (existsSync(input) && !isCurrent()) {
  // Under another name first: a run that is broken off leaves no half of it, and none that is read meanwhile.
  const scratch = `${file}.${process.pid}`;
  await build({ input, platform: 'node', logLevel: 'warn', output: { file: scratch, format: 'esm' } });
  renameSync(scratch, file);
}
