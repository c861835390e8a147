// Compiled files whose source was deleted or renamed: the compiler leaves them behind, and a stale test
// would still run, a stale module still be found.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const OUTPUT = /\.(?:d\.ts\.map|js\.map|d\.ts|js)$/;

/** Removes what stands in a `dist` and has no counterpart in the `src` beside it; answers how many files that were. */
export function removeStaleOutput() {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  let removed = 0;
  for (const folder of [...packages, join(root, 'test')]) {
    const output = join(folder, 'dist');
    if (!existsSync(output)) continue;
    for (const name of readdirSync(output, { recursive: true })) {
      if (!OUTPUT.test(name)) continue;
      const source = join(folder, 'src', name.replace(OUTPUT, ''));
      if (existsSync(`${source}.ts`) || existsSync(`${source}.mts`)) continue;
      rmSync(join(output, name), { force: true });
      removed += 1;
    }
  }
  return removed;
}
