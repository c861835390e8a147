/** Bytes that are nearly right. */
import fc from 'fast-check';

interface Damage {
  readonly kind: 'turn a bit' | 'overwrite' | 'leave out' | 'put in' | 'repeat' | 'cut off';
  /** Where, as a share of all. */
  readonly place: number;
  readonly bytes: Uint8Array;
}

const anyDamage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('turn a bit', 'overwrite', 'leave out', 'put in', 'repeat', 'cut off'),
  // Evenly: half of all doubles are below 10^-154.
  place: fc.nat(999_999).map((millionths) => millionths / 1_000_000),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom(new Uint8Array(8), new Uint8Array(8).fill(255)),
  ),
});

/** None to `most` of them. */
export const anyDamages = (most: number): fc.Arbitrary<Damage[]> => fc.array(anyDamage, { maxLength: most });

/** A copy of the bytes with all of it done to it. */
export function damaged(whole: Buffer, damages: readonly Damage[]): Buffer {
  let result = Buffer.from(whole);
  for (const { kind, place, bytes } of damages) {
    const at = Math.floor(place * result.length);
    const [before, after] = [result.subarray(0, at), result.subarray(at)];
    if (kind === 'turn a bit' && result.length > 0) {
      result[at] = (result[at] ?? 0) ^ (1 << ((bytes[0] ?? 0) & 7));
    } else if (kind === 'overwrite') result.set(bytes.subarray(0, after.length), at);
    else if (kind === 'leave out') result = Buffer.concat([before, after.subarray(bytes.length)]);
    else if (kind === 'put in') result = Buffer.concat([before, bytes, after]);
    else if (kind === 'repeat') result = Buffer.concat([result, after]);
    else if (kind === 'cut off') result = Buffer.from(before);
  }
  return result;
}
