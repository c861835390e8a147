import { describe, expect, it } from 'vitest';
import type { Address } from '../units/address.js';
import { OptionValues } from './optionValues.js';
import { readNbdTls, TLS_OPTIONS } from './tlsOptions.js';

const EVERYWHERE = { host: '0.0.0.0', port: 10809 };
const LOOPBACK = { host: '127.0.0.1', port: 10809 };

function read(flags: Record<string, unknown>, tcp?: Address, environment: Record<string, string> = {}) {
  return readNbdTls(new OptionValues(TLS_OPTIONS, flags, environment), tcp);
}

function error(code: string, message: string) {
  return expect.objectContaining({ code, message });
}

describe('readNbdTls', () => {
  it('is off without a certificate', () => {
    expect(read({})).toEqual({ mode: 'off' });
    expect(read({}, LOOPBACK)).toEqual({ mode: 'off' });
  });

  it.each([
    [{ tlsCert: 'c' }, '--tls-cert needs --tls-key'],
    [{ tlsKey: 'k' }, '--tls-key needs --tls-cert'],
    [{ tlsCert: 'c', tlsCa: 'a' }, '--tls-cert needs --tls-key'],
    [{ tlsCa: 'a' }, '--tls-ca needs --tls-cert and --tls-key'],
    [{ nbdTls: 'require' }, '--nbd-tls needs --tls-cert and --tls-key'],
    [{ nbdTls: 'allow' }, '--nbd-tls needs --tls-cert and --tls-key'],
  ])('refuses %j', (flags, problem) => {
    expect(() => read(flags)).toThrow(error('E_USAGE', problem));
  });

  it('reads the files whether or not NBD is served', () => {
    const said = error('E_TLS_FILE', 'TLS file /none/c: no such file');
    expect(() => read({ tlsCert: '/none/c', tlsKey: '/none/k' })).toThrow(said);
    const variables = { GODWIT_TLS_CERT: '/none/c', GODWIT_TLS_KEY: '/none/k', GODWIT_NBD_TLS: 'allow' };
    expect(() => read({}, undefined, variables)).toThrow(said);
  });

  it('knows two modes', () => {
    expect(() => read({ nbdTls: 'maybe' })).toThrow(
      error('E_BAD_VALUE', '--nbd-tls is "maybe"; expected allow or require'),
    );
  });

  it('serves beyond loopback only when told that it is insecure', () => {
    const said = 'serving NBD on 0.0.0.0:10809 beyond loopback needs --tls-ca, or --insecure';
    expect(() => read({}, EVERYWHERE)).toThrow(error('E_INSECURE', said));
    expect(() => read({ insecure: true }, EVERYWHERE)).not.toThrow();
    expect(() => read({}, EVERYWHERE, { GODWIT_INSECURE: 'yes' })).not.toThrow();
    expect(() => read({ insecure: true })).not.toThrow();
  });
});
