// What the rules look at, read once.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const TEXT = /\.(?:ts|mts|js|mjs|json|md|yml|yaml|proto|sh|txt|html|css)$|(?:^|\/)(?:Dockerfile|run)$/;
const NOT_OURS = /(?:^|\/)(?:generated|results)\/|^pnpm-lock\.yaml$|^LICENSE$/;

const NOT_WALKED = new Set(['node_modules', 'dist', '.git', 'results']);

/** Text files of the repository but for generated ones: { file, text, lines }. */
export function listFiles() {
  return names()
    .filter((file) => TEXT.test(file) && !NOT_OURS.test(file))
    .filter((file) => existsSync(join(root, file)) && statSync(join(root, file)).isFile())
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return { file, text, lines: text.replace(/\n$/, '').split('\n') };
    });
}

/** Files that git knows or would add; all files where this is no clone or git is not installed. */
function names() {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const git = spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return git.status === 0 ? git.stdout.split('\0') : walk('.');
}

function walk(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = posix.join(folder, entry.name);
    if (!entry.isDirectory()) return [name];
    return NOT_WALKED.has(entry.name) ? [] : walk(name);
  });
}

/** Source code as the size and import rules mean it. */
export function isSource(file) {
  return /^(?:packages\/[^/]+|test)\/src\/.*\.m?ts$/.test(file);
}

export function isTest(file) {
  return file.startsWith('test/') || /\.test\.m?ts$/.test(file);
}
