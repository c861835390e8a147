import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnyFrame, anyFrame } from './testing/arbitraries.js';
import { ALL_FRAMES, framesOf } from './testing/collect.js';
import { wireBytesOf } from './testing/samples.js';

/** Where pieces end, as thousandths of the stream, and some near each other. */
const cutPlaces = fc.array(fc.tuple(fc.nat(1000), fc.nat(20)), { maxLength: 30 });

function cutsOf(places: readonly (readonly [number, number])[], bytes: number): number[] {
  return places
    .map(([thousandths, more]) => Math.min(bytes, Math.floor((bytes * thousandths) / 1000) + more))
    .sort((one, other) => one - other);
}

function headerOf({ type, header }: Omit<AnyFrame, 'payload'>): object {
  return { type, header };
}

describe('any frames in any pieces', () => {
  it('come out as they went in', () => {
    const seen = new Set<string>();
    const property = fc.property(fc.array(anyFrame, { maxLength: 12 }), cutPlaces, (frames: AnyFrame[], places) => {
      for (const { type } of frames) seen.add(type);
      const stream = Buffer.concat(frames.map(wireBytesOf));
      const received = framesOf(stream, cutsOf(places, stream.length));
      expect(received.map(headerOf)).toEqual(frames.map(headerOf));
      // Apart, for comparing a MiB byte by byte the way expect does takes seconds.
      for (const [index, { payload }] of frames.entries()) {
        expect(received[index]?.payload.equals(payload), `payload ${index}`).toBe(true);
      }
    });
    fc.assert(property, { numRuns: 300 });
    expect([...seen].sort()).toEqual([...ALL_FRAMES].sort());
  });
});
