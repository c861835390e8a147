import type { Finding, Severity } from '../client/vmViews.js';
import { LABEL_COLUMNS } from './summary.js';
import { oneLine, wrap } from './text.js';
import { counted } from './words.js';

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** What was found, the gravest first: what it is, and below that why, and what would mend it. */
export function renderFindings(findings: readonly Finding[], width: number): string[] {
  const sorted = SEVERITIES.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
  const lines = sorted.flatMap(({ severity, code, what, why, mend }) => [
    `${severity.padEnd(LABEL_COLUMNS)}${oneLine(what)} (${oneLine(code)})`,
    ...(why === '' ? [] : [`  why     ${oneLine(why)}`]),
    ...(mend === '' ? [] : [`  mend    ${oneLine(mend)}`]),
  ]);
  return lines.flatMap((line) => wrap(line, width, LABEL_COLUMNS));
}

/** `1 error, 2 warnings`. */
export function countsInWords(findings: readonly Finding[]): string {
  const counts = SEVERITIES.map((severity) => ({
    severity,
    count: findings.filter((finding) => finding.severity === severity).length,
  }));
  return counts
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => counted(count, severity))
    .join(', ');
}
