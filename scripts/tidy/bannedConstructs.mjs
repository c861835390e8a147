// Words and names that do not belong in the house. `any` and ts-comments in their plain forms are the
// linters' business; what stands here they do not see.
import { isSource, isTest } from './files.mjs';

const FOLDERS = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'lib']);
/** The rules name what they forbid. */
const RULES_THEMSELVES = /^scripts\/tidy\/|^CONTRIBUTING\.md$/;

const IN_ANY_FILE = [{ rule: 'unfinished', pattern: /\b(?:TODO|FIXME|XXX)\b/, message: 'finish it or open an issue' }];

const IN_SOURCE = [
  { rule: 'double-assertion', pattern: /\bas\s+unknown\s+as\b/, message: 'narrow it with a check' },
  { rule: 'ts-comment', pattern: /@ts-(?:ignore|expect-error|nocheck)\b/, message: 'put the types right' },
  {
    rule: 'disable-without-reason',
    pattern: /(?:eslint|oxlint)-disable(?!.*--\s*\S{3,})|biome-ignore(?!.*:\s*\S{3,})/,
    message: 'say why after --',
  },
];

/** Waiting for a time instead of for an event hides a race; timers that mean something have names that say what. */
const IN_PRODUCT = [
  {
    rule: 'sleep',
    pattern:
      /\bfunction\s+(?:sleep|delay)\b|\bconst\s+(?:sleep|delay)\s*=\s*(?:async\s*)?\(|\bsetTimeout\s+as\s+(?:sleep|delay)\b/,
    message: 'wait for the event, or name what is waited for',
  },
];

/** Findings of every pattern in every file that it applies to, and of folder names. */
export function findBannedConstructs(files) {
  return files.flatMap(({ file, lines }) => {
    if (RULES_THEMSELVES.test(file)) return [];
    const patterns = [
      ...IN_ANY_FILE,
      ...(isSource(file) ? IN_SOURCE : []),
      ...(isSource(file) && !isTest(file) ? IN_PRODUCT : []),
    ];
    return [...matchLines(file, lines, patterns), ...badFolders(file)];
  });
}

function matchLines(file, lines, patterns) {
  return patterns.flatMap(({ rule, pattern, message }) =>
    lines.flatMap((text, index) => (pattern.test(text) ? [{ rule, file, line: index + 1, message }] : [])),
  );
}

function badFolders(file) {
  const bad = file
    .split('/')
    .slice(0, -1)
    .find((part) => FOLDERS.has(part));
  return bad === undefined ? [] : [{ rule: 'folder-name', file, message: `"${bad}" says nothing of the domain` }];
}
