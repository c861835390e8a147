import { expect, it } from 'vitest';
import { Faults, faultPoint } from './fault.js';
import { parsePlan } from './plan.js';

function outcomes(plan: string, passings: number): string[] {
  let kills = 0;
  const faults = new Faults(parsePlan(plan), () => {
    kills += 1;
  });
  return Array.from({ length: passings }, () => {
    const before = kills;
    try {
      faults.pass('file.sync');
      return kills > before ? 'killed' : 'passed';
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'another error';
    }
  });
}

it('happens at the passing that is named, and nowhere else', () => {
  expect(outcomes('file.sync=EIO@2', 3)).toEqual(['passed', 'EIO', 'passed']);
  expect(outcomes('file.sync=kill@3', 4)).toEqual(['passed', 'passed', 'killed', 'passed']);
  expect(outcomes('file.read=EIO', 2)).toEqual(['passed', 'passed']);
});

it('stays where it is asked to', () => {
  expect(outcomes('file.sync=ENOSPC@2+', 4)).toEqual(['passed', 'ENOSPC', 'ENOSPC', 'ENOSPC']);
});

it('does nothing without a plan', () => {
  expect(faultPoint('file.sync')).toBeUndefined();
});
