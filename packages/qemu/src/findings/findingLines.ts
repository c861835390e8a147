import type { Finding, Severity } from './finding.js';

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];
/** What stands before the longest, `warning`, and behind it; as the labels of the command's other lines. */
const LABEL_COLUMNS = 10;

/** For people, the gravest first: what was found, and below that why, and what would mend it. */
export function findingLines(findings: readonly Finding[]): string[] {
  const sorted = SEVERITIES.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
  return sorted.flatMap(({ severity, code, what, why, mend }) => [
    `${severity.padEnd(LABEL_COLUMNS)}${what} (${code})`,
    ...(why === '' ? [] : [`${'  why'.padEnd(LABEL_COLUMNS)}${why}`]),
    ...(mend === '' ? [] : [`${'  mend'.padEnd(LABEL_COLUMNS)}${mend}`]),
  ]);
}
