import { describe, expect, it } from 'vitest';
import { finding } from './finding.js';
import { findingsReport, formatFindings } from './formatFindings.js';

const FINDINGS = [
  finding('error', 'uuid-in-use', 'a guest is here already', 'it must not run twice', 'end it'),
  finding('note', 'qemu-newer', 'QEMU is newer', 'it takes older state', 'nothing'),
];

describe('findings', () => {
  it('are lines for people', () => {
    expect(formatFindings(FINDINGS)).toBe(
      [
        'error    uuid-in-use  a guest is here already',
        '         why:  it must not run twice',
        '         mend: end it',
        'note     qemu-newer   QEMU is newer',
        '         why:  it takes older state',
        '         mend: nothing',
        '',
      ].join('\n'),
    );
    expect(formatFindings([])).toBe('nothing stands in the way\n');
  });

  it('are counted for programs', () => {
    expect(findingsReport(FINDINGS)).toEqual({
      ok: false,
      counts: { error: 1, warning: 0, note: 1 },
      findings: FINDINGS,
    });
    expect(findingsReport(FINDINGS.slice(1)).ok).toBe(true);
    expect(findingsReport([]).ok).toBe(true);
  });
});
