import { describe, expect, it } from 'vitest';
import { hasNative } from './libc.js';
import { inBackground, ioPriority } from './priority.js';

const IDLE = 3 << 13;

describe('inBackground', () => {
  it.runIf(hasNative)('lowers the priority of this thread while the work is done, and puts it back', () => {
    const before = ioPriority();
    expect(before).not.toBe(IDLE);
    expect(inBackground(true, ioPriority)).toBe(IDLE);
    expect(ioPriority()).toBe(before);
  });

  it('puts it back behind work that throws', () => {
    const before = ioPriority();
    const fail = () => {
      throw new Error('no');
    };
    expect(() => inBackground(true, fail)).toThrow('no');
    expect(ioPriority()).toBe(before);
  });

  it('does the work and nothing else where it does not apply', () => {
    expect(inBackground(false, ioPriority)).toBe(ioPriority());
  });
});
