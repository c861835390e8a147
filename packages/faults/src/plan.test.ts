import { describe, expect, it } from 'vitest';
import { parsePlan } from './plan.js';
import { FAILING_POINTS, FAULT_POINTS } from './points.js';

describe('a plan of faults', () => {
  it('says what happens where, at which passing, and whether it stays', () => {
    expect(parsePlan('record.begun=kill,ownership.write=ENOSPC@3,file.sync=EIO@2+')).toEqual([
      { point: 'record.begun', action: { type: 'kill' }, passing: 1, stays: false },
      { point: 'ownership.write', action: { type: 'fail', code: 'ENOSPC' }, passing: 3, stays: false },
      { point: 'file.sync', action: { type: 'fail', code: 'EIO' }, passing: 2, stays: true },
    ]);
  });

  it.each(['nowhere=kill', 'record.begun', 'record.begun=dance', 'record.begun=kill@x', 'record.begun=EIO', ''])(
    'refuses "%s"',
    (text) => {
      expect(() => parsePlan(text)).toThrow(/GODWIT_FAULT/);
    },
  );

  it('has more than sixty points, each once', () => {
    expect(FAULT_POINTS.length).toBeGreaterThan(60);
    expect(new Set(FAULT_POINTS).size).toBe(FAULT_POINTS.length);
    expect(FAILING_POINTS.every((point) => FAULT_POINTS.includes(point))).toBe(true);
  });
});
