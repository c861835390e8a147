import { describe, expect, it } from 'vitest';
import { encodeFrame } from './encodeFrame.js';
import { LIMITS } from './limits.js';
import { framesOf, thrownBy } from './testing/collect.js';
import { forge } from './testing/forge.js';
import { DISK, OFFER, SAMPLES, type Sample } from './testing/samples.js';

/**
 * That no field was forgotten: each number of each message is made NaN, each text too long, each list
 * too long. Numbers by way of the encoder, as a uint32 cannot carry NaN; its checks are the parser's.
 */
interface Spoilt {
  readonly what: string;
  readonly sample: Sample;
  readonly kind: string;
  readonly header: Sample['header'];
}

const TOO_LONG = 'x'.repeat(LIMITS.documentCharacters + 1);
const TOO_MANY = LIMITS.resultBlocks + 1;

function spoilt(sample: Sample): Spoilt[] {
  const make = (field: string, kind: string, value: unknown): Spoilt => ({
    what: `${sample.name}.${field}: ${kind}`,
    sample,
    kind,
    header: Object.assign({}, sample.header, { [field]: value }),
  });
  return Object.entries(sample.header).flatMap(([field, value]: [string, unknown]) => {
    if (typeof value === 'number') return [make(field, 'number', Number.NaN)];
    if (typeof value === 'string') return [make(field, 'text', TOO_LONG)];
    if (!Array.isArray(value) || field === 'images') return [];
    const items: unknown[] = value;
    const bad = typeof items[0] === 'number' ? Number.NaN : TOO_LONG;
    const many = Array.from({ length: TOO_MANY }, (_, index) => (typeof items[0] === 'number' ? index : `n${index}`));
    return [make(field, 'item', [...items.slice(1), bad]), make(field, 'list', many)];
  });
}

function spoiltImages(): Spoilt[] {
  const sample = SAMPLES.find((one) => one.type === 'Offer');
  if (sample === undefined) throw new Error('no sample of Offer');
  return Object.entries(DISK).map(([field, value]: [string, unknown]) => {
    const kind = typeof value === 'number' ? 'number' : 'text';
    const image = Object.assign({}, DISK, { [field]: kind === 'number' ? Number.NaN : TOO_LONG });
    return { what: `Offer.images.${field}: ${kind}`, sample, kind, header: { ...OFFER, images: [image] } };
  });
}

/** What encodeFrame cuts, so that only the parser refuses it. */
const CUT = ['Failure.message', 'Failure.detail', 'HookResult.error', 'Cancel.reason'].map((field) => `${field}: text`);
const ALL = [...SAMPLES.flatMap(spoilt), ...spoiltImages()];

describe('every field', () => {
  it.each(ALL)('$what is refused by our own hand', ({ what, sample, header }) => {
    const encode = (): Buffer => encodeFrame(sample.type, header, sample.payload.length);
    if (CUT.includes(what)) expect(framesOf(encode())).toHaveLength(1);
    else expect(thrownBy(encode)).toMatchObject({ name: 'AssertionError' });
  });

  it.each(ALL.filter(({ kind }) => kind === 'text' || kind === 'list'))('$what is refused on the wire', (one) => {
    const frame = forge(one.sample.type, one.header, one.sample.payload);
    expect(thrownBy(() => framesOf(frame))).toMatchObject({ name: 'GodwitError', code: 'E_PROTOCOL' });
  });
});
