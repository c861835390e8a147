import { describe, expect, it } from 'vitest';
import { recordOf } from '../testing/records.js';
import { mayGoOn, offerOf, problemOfNext } from './restoredOffer.js';

const COPY = { id: 'c', file: 'f', sizeBytes: 8192, boot: 'b', patienceMs: 1000 };
const incoming = recordOf('/dir', 'disk', { role: 'incoming', copy: COPY });

describe('an offer that follows', () => {
  const before = { ...offerOf([incoming]), lanes: 4 };
  const next = { ...before, attempt: before.attempt + 1 };

  it('goes on with the one before, that of an earlier life too', () => {
    expect(problemOfNext(next, before)).toBeUndefined();
  });

  it('does so in whatever order the records of an earlier life were read', () => {
    const [memory, disk] = ['vm-ram', 'vm-disk0'].map((name) =>
      recordOf('/dir', name, { role: 'incoming', copy: COPY }),
    );
    if (memory === undefined || disk === undefined) throw new Error('two records were made');
    const offered = { ...offerOf([memory, disk]), attempt: 2 };
    expect(problemOfNext(offered, offerOf([disk, memory]))).toBeUndefined();
    expect(problemOfNext(offered, offerOf([disk]))).toEqual(expect.any(String));
  });

  it.each([
    ['of another source', { sourceId: 'another' }],
    ['that is not a later one', { attempt: before.attempt }],
    ['with other images', { images: before.images.map((image) => ({ ...image, name: 'other' })) }],
    ['of another size', { images: before.images.map((image) => ({ ...image, sizeBytes: 4096 })) }],
    ['of another block', { images: before.images.map((image) => ({ ...image, blockBytes: 65_536 })) }],
  ])('does not when it is one %s', (_, change) => {
    expect(problemOfNext({ ...next, ...change }, before)).toEqual(expect.any(String));
  });
});

it('a copy is kept for a source that means to come back, and whose copies are known', () => {
  expect(mayGoOn([incoming])).toBe(true);
  expect(mayGoOn([recordOf('/dir', 'disk', { role: 'incoming', copy: { ...COPY, patienceMs: 0 } })])).toBe(false);
  expect(mayGoOn([recordOf('/dir', 'disk', { role: 'incoming' })])).toBe(false);
});
