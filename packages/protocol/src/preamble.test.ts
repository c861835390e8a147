import { describe, expect, it } from 'vitest';
import { encodePreamble, PREAMBLE_BYTES, parsePreamble } from './preamble.js';
import { thrownBy } from './testing/collect.js';

const CONTROL = '4744575400020100';

function parsed(hex: string): { version: number; role: string; isSecure: boolean } {
  return parsePreamble(Buffer.from(hex, 'hex'));
}

describe('preamble', () => {
  it('is magic, version, role and 0', () => {
    expect(encodePreamble('control').toString('hex')).toBe(CONTROL);
    expect(encodePreamble('lane').toString('hex')).toBe('4744575400020200');
    expect(encodePreamble('lane', 1).toString('hex')).toBe('4744575400010200');
    expect(encodePreamble('lane', 2, true).toString('hex')).toBe('4744575400020201');
    expect(PREAMBLE_BYTES).toBe(8);
  });

  it('is read back, also out of the middle of a buffer and with bytes behind it', () => {
    const inside = Buffer.concat([Buffer.from('xx'), encodePreamble('lane'), Buffer.from('more')]);
    expect(parsePreamble(new Uint8Array(inside).subarray(2))).toEqual({ version: 2, role: 'lane', isSecure: false });
  });

  it('is accepted from version N-1', () =>
    expect(parsed('4744575400010100')).toMatchObject({ version: 1, role: 'control' }));

  it('says whether TLS follows', () => expect(parsed('4744575400020101')).toMatchObject({ isSecure: true }));

  it.each([
    ['another protocol', '474554202f204854', 'E_NOT_GODWIT', { address: 'peer' }],
    ['magic in lower case', '6764777400020100', 'E_NOT_GODWIT', { address: 'peer' }],
    ['the version after ours', '4744575400030100', 'E_VERSION', { theirs: 3, oldest: 1, newest: 2 }],
    ['version 0', '4744575400000100', 'E_VERSION', { theirs: 0, oldest: 1, newest: 2 }],
    ['a version in the high byte', '4744575402000100', 'E_VERSION', { theirs: 512, oldest: 1, newest: 2 }],
    ['role 0', '4744575400020000', 'E_PROTOCOL', { problem: 'preamble: unknown role 0' }],
    ['role 3', '4744575400020300', 'E_PROTOCOL', { problem: 'preamble: unknown role 3' }],
    ['a reserved byte', '4744575400020102', 'E_PROTOCOL', { problem: 'preamble: reserved byte is not 0 or 1' }],
  ])('refuses %s', (_, hex, code, parameters) => {
    expect(thrownBy(() => parsed(hex))).toMatchObject({ name: 'GodwitError', code, parameters });
  });

  it('asserts on a short preamble, which the caller has to collect', () => {
    expect(thrownBy(() => parsed('47445754000201'))).toMatchObject({ name: 'AssertionError' });
  });
});
