import { describe, expect, it } from 'vitest';
import { parseUpstreams } from './upstreams.js';

describe('parseUpstreams', () => {
  it('reads addresses of every kind, in their order', () => {
    expect(parseUpstreams('h:1, nbds://[::1],unix:/run/a,nbds+unix:///?socket=/run/b', '--to')).toEqual([
      { address: { host: 'h', port: 1 }, tls: false },
      { address: { host: '::1', port: 10_809 }, tls: true },
      { address: { path: '/run/a' }, tls: false },
      { address: { path: '/run/b' }, tls: true },
    ]);
  });

  it.each([
    ['', '--to is ""; expected HOST:PORT, unix:PATH'],
    ['h:1,', '--to is ""; expected HOST:PORT, unix:PATH'],
    ['h:1,nbd://h:1', '--to is "h:1,nbd://h:1"; expected each address once'],
    ['nbd://h:1/vm0', '--to is "nbd://h:1/vm0"; expected an address without a name'],
    ['h:1,nbds://h:1', '--to is "h:1,nbds://h:1"; expected each address once'],
    ['h:0', '--to is "h:0"; expected a port from 1 to 65535'],
  ])('refuses "%s"', (text, said) => {
    expect(() => parseUpstreams(text, '--to')).toThrow(said);
  });
});
