import { expect, it } from 'vitest';
import { finding } from './finding.js';
import { findingLines } from './findingLines.js';

it('tells findings to people, the gravest first, with their reason and what mends them', () => {
  expect(
    findingLines([
      finding('note', 'qemu-newer', 'QEMU is newer', '', 'nothing'),
      finding('warning', 'memory-tight', 'there is little memory', 'it waits for pages', ''),
      finding('error', 'uuid-in-use', 'a guest is here already', 'it must not run twice', 'end it'),
    ]),
  ).toEqual([
    'error     a guest is here already (uuid-in-use)',
    '  why     it must not run twice',
    '  mend    end it',
    'warning   there is little memory (memory-tight)',
    '  why     it waits for pages',
    'note      QEMU is newer (qemu-newer)',
    '  mend    nothing',
  ]);
  expect(findingLines([])).toEqual([]);
});
