// Small files, small functions.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSource, root } from './files.mjs';

const FILE_LINES = 400;
const MEDIAN_LINES = 150;
const FUNCTION_LINES = 60;

/** No file over 400 lines; the median of a package's source files below 150. */
export function findLongFiles(files) {
  const sources = files.filter(({ file }) => isSource(file));
  const findings = sources
    .filter(({ lines }) => lines.length > FILE_LINES)
    .map(({ file, lines }) => ({ rule: 'file-length', file, message: `${lines.length} lines, at most ${FILE_LINES}` }));
  for (const [folder, lengths] of lengthsByPackage(sources)) {
    const median = lengths.sort((a, b) => a - b)[Math.floor(lengths.length / 2)];
    if (median >= MEDIAN_LINES) {
      const message = `half of its files have ${median} lines or more; the median stays below ${MEDIAN_LINES}`;
      findings.push({ rule: 'median-file-length', file: folder, message });
    }
  }
  return findings;
}

function lengthsByPackage(sources) {
  const lengths = new Map();
  for (const { file, lines } of sources) {
    const folder = file.slice(0, file.indexOf('/src/'));
    lengths.set(folder, [...(lengths.get(folder) ?? []), lines.length]);
  }
  return lengths;
}

/**
 * No function over 60 lines. oxlint measures; the callback of a `describe` is a list of tests and not a
 * function in that sense, so it is left out here, which the linter's own options cannot do.
 */
export function findLongFunctions() {
  const scratch = mkdtempSync(join(tmpdir(), 'godwit-tidy-'));
  try {
    const config = join(scratch, 'oxlintrc.json');
    const rules = { 'max-lines-per-function': ['error', { max: FUNCTION_LINES, IIFEs: true }] };
    writeFileSync(config, JSON.stringify({ plugins: [], categories: { correctness: 'off' }, rules }));
    const patterns = ['**/dist/**', '**/generated/**'].flatMap((pattern) => ['--ignore-pattern', pattern]);
    const args = ['-c', config, '-f', 'json', ...patterns, 'packages', 'test', 'scripts', 'docker'];
    const result = spawnSync(join(root, 'node_modules/.bin/oxlint'), args, { cwd: root, encoding: 'utf8' });
    if (!result.stdout) throw new Error(`oxlint did not run: ${result.error?.message ?? result.stderr}`);
    const { diagnostics } = JSON.parse(result.stdout);
    return diagnostics.map(toFinding).filter((finding) => !finding.isSuite);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function toFinding(diagnostic) {
  const line = diagnostic.labels[0]?.span.line;
  const text = readFileSync(join(root, diagnostic.filename), 'utf8').split('\n')[line - 1] ?? '';
  const isSuite = /\bdescribe(?:\.\w+(?:\([^)]*\))?)*\(/.test(text);
  return { rule: 'function-length', file: diagnostic.filename, line, message: diagnostic.message, isSuite };
}
