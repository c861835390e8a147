// What the rules look at: files that git knows or would add, read once.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const TEXT = /\.(?:ts|mts|js|mjs|json|md|yml|yaml|proto|sh|txt|html|css)$|(?:^|\/)(?:Dockerfile|run)$/;
const NOT_OURS = /(?:^|\/)(?:generated|results)\/|^pnpm-lock\.yaml$|^LICENSE$/;

/** Text files of the repository but for generated ones: { file, text, lines }. */
export function listFiles() {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 };
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], options)
    .split('\0')
    .filter((file) => TEXT.test(file) && !NOT_OURS.test(file))
    .filter((file) => existsSync(join(root, file)) && statSync(join(root, file)).isFile())
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return { file, text, lines: text.replace(/\n$/, '').split('\n') };
    });
}

/** Source code as the size and import rules mean it. */
export function isSource(file) {
  return /^(?:packages\/[^/]+|test)\/src\/.*\.m?ts$/.test(file);
}

export function isTest(file) {
  return file.startsWith('test/') || /\.test\.m?ts$/.test(file);
}
