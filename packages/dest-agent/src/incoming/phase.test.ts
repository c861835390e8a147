import { GodwitError } from '@godwit/errors';
import { describe, expect, it } from 'vitest';
import { nextPhase, type Phase } from './phase.js';

const PHASES: readonly Phase[] = [
  'receiving',
  'preparing',
  'prepared',
  'taking',
  'owner',
  'undecided',
  'unknown',
  'over',
];
const ARROWS = new Set([
  'receiving preparing',
  'receiving over',
  'preparing prepared',
  'preparing over',
  'prepared taking',
  'prepared unknown',
  'prepared over',
  'taking owner',
  'taking undecided',
  'unknown over',
]);

describe('the phases of an incoming migration', () => {
  it.each(PHASES.flatMap((from) => PHASES.map((to) => [from, to] as const)))('%s to %s', (from, to) => {
    if (ARROWS.has(`${from} ${to}`)) {
      expect(nextPhase(from, to)).toBe(to);
      return;
    }
    let thrown: unknown;
    try {
      nextPhase(from, to);
    } catch (error) {
      thrown = error;
    }
    expect(thrown instanceof GodwitError ? thrown.code : thrown).toBe('E_PROTOCOL');
  });

  it('never leave owner, and reach it through taking alone', () => {
    expect([...ARROWS].filter((arrow) => arrow.startsWith('owner '))).toEqual([]);
    expect(PHASES.filter((from) => ARROWS.has(`${from} owner`))).toEqual(['taking']);
  });
});
