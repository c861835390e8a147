import { describe, expect, it } from 'vitest';
import { parseUpstreams } from './upstreams.js';

describe('parseUpstreams', () => {
  it('reads addresses of every kind, in their order', () => {
    expect(parseUpstreams('h:1, nbd://[::1],unix:/run/a,nbd+unix:///?socket=/run/b', '--to')).toEqual([
      { host: 'h', port: 1 },
      { host: '::1', port: 10_809 },
      { path: '/run/a' },
      { path: '/run/b' },
    ]);
  });

  it.each([
    ['', '--to is ""; expected nbd://HOST:PORT'],
    ['h:1,', '--to is ""; expected nbd://HOST:PORT'],
    ['h:1,nbd://h:1', '--to is "h:1,nbd://h:1"; expected each address once'],
    ['nbd://h:1/vm0', '--to is "nbd://h:1/vm0"; expected an address without a name'],
    ['h:1,nbds://h:2', '--to is "nbds://h:2"; expected an address without TLS'],
    ['h:0', '--to is "h:0"; expected a port from 1 to 65535'],
  ])('refuses "%s"', (text, said) => {
    expect(() => parseUpstreams(text, '--to')).toThrow(said);
  });
});
