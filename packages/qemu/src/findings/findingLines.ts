import type { Finding, Severity } from './finding.js';

/** For people: a line for each, with its reason and what mends it below. */
export function formatFindings(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'nothing stands in the way\n';
  const widest = Math.max(...findings.map(({ code }) => code.length));
  return findings
    .map(({ severity, code, what, why, mend }) => {
      const indent = ' '.repeat('warning'.length + 2);
      return `${severity.padEnd(indent.length)}${code.padEnd(widest + 2)}${what}\n${indent}why:  ${why}\n${indent}mend: ${mend}\n`;
    })
    .join('');
}

export interface FindingsReport {
  /** True when there is no error. */
  readonly ok: boolean;
  readonly counts: Readonly<Record<Severity, number>>;
  readonly findings: readonly Finding[];
}

/** For programs: JSON as it stands. */
export function findingsReport(findings: readonly Finding[]): FindingsReport {
  const count = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
  const counts = { error: count('error'), warning: count('warning'), note: count('note') };
  return { ok: counts.error === 0, counts, findings };
}
