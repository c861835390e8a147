import { findingLines } from '@godwit/qemu';
import type { Finding, Severity } from '../client/vmViews.js';
import { LABEL_COLUMNS } from './summary.js';
import { oneLine, wrap } from './text.js';
import { counted } from './words.js';

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** As findings are told everywhere, in lines that fit: what another host says of itself cannot steer the terminal. */
export function renderFindings(findings: readonly Finding[], width: number): string[] {
  const clean = findings.map(({ severity, code, what, why, mend }) => ({
    severity,
    code: oneLine(code),
    what: oneLine(what),
    why: oneLine(why),
    mend: oneLine(mend),
  }));
  return findingLines(clean).flatMap((line) => wrap(line, width, LABEL_COLUMNS));
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
