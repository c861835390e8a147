import { describe, expect, it } from 'vitest';
import { formatNbdAddress, parseNbdAddress, parseNbdUri } from './uri.js';

describe('parseNbdUri', () => {
  it.each([
    ['nbd://host', { address: { host: 'host', port: 10_809 }, exportName: '', tls: false }],
    ['nbd://127.0.0.1:1/disk0', { address: { host: '127.0.0.1', port: 1 }, exportName: 'disk0', tls: false }],
    ['nbds://[::1]:2/a%20b/c', { address: { host: '::1', port: 2 }, exportName: 'a b/c', tls: true }],
    ['nbd+unix:///?socket=/run/a', { address: { path: '/run/a' }, exportName: '', tls: false }],
    ['nbds+unix:///x?socket=rel%20ative', { address: { path: 'rel ative' }, exportName: 'x', tls: true }],
    ['host:10', { address: { host: 'host', port: 10 }, exportName: '', tls: false }],
    ['[fe80::1]:10', { address: { host: 'fe80::1', port: 10 }, exportName: '', tls: false }],
    ['unix:/run/s', { address: { path: '/run/s' }, exportName: '', tls: false }],
  ])('reads %s', (text, location) => {
    expect(parseNbdUri(text, '--to')).toEqual(location);
  });

  it.each([
    '',
    'host',
    'host:65536',
    ':1',
    'unix:',
    `unix:${'x'.repeat(108)}`,
    'http://host/x',
    'nbd://',
    'nbd://me@host/x',
    'nbd://host/x?tls-certificates=/etc',
    'nbd://host/%ff',
    'nbd://host/x#y',
    'nbd+unix:///x',
    'nbd+unix:///x?socket=',
    'nbd+unix://host/x?socket=/s',
    '[127.0.0.1]:1',
  ])('refuses "%s"', (text) => {
    expect(() => parseNbdUri(text, '--to')).toThrow(expect.objectContaining({ code: 'E_BAD_VALUE' }));
  });
});

describe('parseNbdAddress', () => {
  it.each(['127.0.0.1:10809', '[::1]:1', 'host.example:0', 'unix:/run/godwit.sock'])('reads back %s', (text) => {
    expect(formatNbdAddress(parseNbdAddress(text, '--listen'))).toBe(text);
  });

  it.each(['nbd://host:1', 'host', '0.0.0.0', 'unix:'])('refuses %s in one line', (text) => {
    expect(() => parseNbdAddress(text, '--listen')).toThrow(`--listen is "${text}"; expected HOST:PORT`);
  });
});
