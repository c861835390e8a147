import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnyFrame, anyFrame } from './testing/arbitraries.js';
import { ALL_FRAMES, collector, framesOf } from './testing/collect.js';
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

  it('come out the same when payloads are put straight into their place', () => {
    let direct = 0;
    const reads = fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 20 });
    const property = fc.property(fc.array(anyFrame, { maxLength: 8 }), reads, (frames: AnyFrame[], sizes) => {
      const stream = Buffer.concat(frames.map(wireBytesOf));
      const { parser, frames: received } = collector();
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const target = parser.target();
        const bytes = Math.min(stream.length - at, sizes[turn % sizes.length] ?? 1, target?.length ?? 64 * 1024);
        if (target === undefined) parser.push(Buffer.from(stream.subarray(at, at + bytes)));
        else {
          stream.copy(target, 0, at, at + bytes);
          parser.filled(bytes);
          direct += 1;
        }
        at += bytes;
      }
      expect(received.map(headerOf)).toEqual(frames.map(headerOf));
      for (const [index, { payload }] of frames.entries()) {
        expect(received[index]?.payload.equals(payload), `payload ${index}`).toBe(true);
      }
    });
    fc.assert(property, { numRuns: 200 });
    expect(direct).toBeGreaterThan(0);
  });
});
