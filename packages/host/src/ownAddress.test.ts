import { describe, expect, it } from 'vitest';
import { isOwnAddress } from './ownAddress.js';

const MACHINE = ['127.0.0.1', '::1', '10.0.0.5', 'fd00::5'];
const at = (host: string, port = 7400) => ({ host, port });

describe('an address', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['localhost', '127.0.0.1'],
    ['127.0.0.1', '0.0.0.0'],
    ['10.0.0.5', '0.0.0.0'],
    ['10.0.0.5', '10.0.0.5'],
    ['fd00::5', '::'],
    ['host-a', 'host-a'],
  ])('%s is that of an agent that listens at %s', (dialled, own) => {
    expect(isOwnAddress(at(dialled), at(own), MACHINE)).toBe(true);
  });

  it.each([
    ['10.0.0.6', '0.0.0.0'],
    ['127.0.0.1', '10.0.0.5'],
    ['10.0.0.5', '127.0.0.1'],
    ['host-b', '0.0.0.0'],
  ])('%s is not that of one that listens at %s', (dialled, own) => {
    expect(isOwnAddress(at(dialled), at(own), MACHINE)).toBe(false);
  });

  it('of another port is that of another agent', () => {
    expect(isOwnAddress(at('127.0.0.1', 7500), at('127.0.0.1'), MACHINE)).toBe(false);
  });
});
