import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HISTORY_STEPS, WriteHistory } from './writeHistory.js';

describe('WriteHistory', () => {
  it('counts the steps in which a block was written, among the last eight', () => {
    const op = fc.record({ first: fc.nat(40), count: fc.integer({ min: 1, max: 9 }), advances: fc.nat(3) });
    const property = fc.property(fc.array(op, { maxLength: 100 }), (ops) => {
      const history = WriteHistory.create(50);
      const written = new Map<number, Set<number>>();
      let step = 0;
      for (const { first, count, advances } of ops) {
        history.wrote(first, count);
        for (let block = first; block < first + count; block++) {
          written.set(block, (written.get(block) ?? new Set()).add(step));
        }
        for (let i = 0; i < advances; i++) history.advance();
        step += advances;
        for (let block = 0; block < 50; block++) {
          const recent = [...(written.get(block) ?? [])].filter((at) => at > step - HISTORY_STEPS);
          expect(history.heat(block), `block ${block} at step ${step}`).toBe(recent.length);
        }
      }
    });
    // Fewer than 256 steps: beyond, an old cell may look fresh.
    fc.assert(property, { numRuns: 50, examples: [[[{ first: 0, count: 1, advances: 7 }]]] });
  });

  it('leaves out writes that are streams', () => {
    const history = WriteHistory.create(1000);
    history.wrote(0, 64);
    history.wrote(100, 65);
    expect([history.heat(63), history.heat(100)]).toEqual([1, 0]);
  });

  it('takes at most 2 MiB, and shares cells between far blocks of a huge image', () => {
    const blocks = 2 ** 31 - 1;
    const history = WriteHistory.create(blocks);
    expect(history.buffer.byteLength).toBe(4 + 2 * 2 ** 20);
    history.wrote(blocks - 1, 1);
    expect(history.heat(blocks - 1)).toBe(1);
    expect(history.heat(2 ** 20 - 2)).toBe(1);
    expect(history.heat(5)).toBe(0);
  });

  it('is one history in all threads', () => {
    const here = WriteHistory.create(10);
    const there = WriteHistory.attach(10, here.buffer);
    there.wrote(3, 1);
    here.advance();
    there.wrote(3, 1);
    expect(here.heat(3)).toBe(2);
  });

  it('exists for an image of no blocks', () => {
    expect(WriteHistory.create(0).buffer.byteLength).toBeGreaterThan(0);
  });
});
