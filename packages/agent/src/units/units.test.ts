import { GodwitError } from '@godwit/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, isLoopback, parseAddress } from './address.js';
import { formatDuration, parseDuration, writeDuration } from './duration.js';
import { formatRate, parseRate } from './rate.js';
import { formatBytes, formatSize, parseSize } from './size.js';

/** What `parse` throws; fails the test when it does not throw a GodwitError. */
function refusal(parse: () => unknown): { code: string; parameters: Readonly<Record<string, unknown>> } {
  try {
    parse();
  } catch (thrown) {
    if (thrown instanceof GodwitError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

const anyBytes = fc.oneof(
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fc
    .tuple(fc.integer({ min: 0, max: 4096 }), fc.integer({ min: 0, max: 4 }))
    .map(([count, power]) => count * 1024 ** power),
);

describe('sizes', () => {
  it.each([
    ['0', 0],
    ['4096', 4096],
    ['512B', 512],
    ['64K', 65_536],
    ['1.5K', 1536],
    ['16M', 16_777_216],
    ['1G', 1_073_741_824],
    ['2T', 2_199_023_255_552],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it('writes what it reads back, whatever the size', () => {
    fc.assert(fc.property(anyBytes, (bytes) => parseSize(formatSize(bytes)) === bytes));
  });

  it('writes the largest unit that loses nothing', () => {
    expect([65_536, 65_537, 3 * 1024 ** 4, 0].map(formatSize)).toEqual(['64K', '65537', '3T', '0']);
  });

  it('rounds for people', () => {
    expect([0, 1023, 1536, 200 * 1024 ** 2 + 7, 1.5 * 1024 ** 4].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.5 KiB',
      '200 MiB',
      '1.5 TiB',
    ]);
  });

  it.each(['', '-1', 'abc', '64k', '64KB', '1e3', 'K', '0x10', '1 K K', 'Infinity', '1.5', '99999999T', '1/s'])(
    'refuses "%s"',
    (text) => {
      const error = refusal(() => parseSize(text, '--block'));
      expect(error.code).toBe('E_BAD_VALUE');
      expect(error.parameters).toMatchObject({
        name: '--block',
        value: text,
        expected: expect.stringContaining('64K'),
      });
    },
  );
});

describe('rates', () => {
  it.each([
    ['1Gbit', 125_000_000],
    ['200Mbit', 25_000_000],
    ['8bit', 1],
    ['1Gbit/s', 125_000_000],
    ['100MB/s', 100_000_000],
    ['100MiB/s', 104_857_600],
    ['7B/s', 7],
  ])('reads %s as bytes a second', (text, bytesPerSec) => {
    expect(parseRate(text)).toBe(bytesPerSec);
  });

  it('reads off as no cap', () => {
    expect(parseRate('off')).toBeUndefined();
  });

  it('reads back each rate that is written without rounding', () => {
    const whole = fc.tuple(fc.integer({ min: 1, max: 999 }), fc.constantFrom('Kbit', 'Mbit', 'Gbit'));
    fc.assert(
      fc.property(whole, ([count, unit]) => {
        const text = formatRate(parseRate(`${count}${unit}`));
        return text === `${count} ${unit}/s` && parseRate(text) === parseRate(`${count}${unit}`);
      }),
    );
  });

  it('shows no cap as off', () => {
    expect(formatRate(undefined)).toBe('off');
  });

  it.each(['', '100', '0Mbit', '-5Mbit', '1MB', '1gbit', 'on', '1Tbit', '0.1bit'])('refuses "%s"', (text) => {
    expect(refusal(() => parseRate(text, 'bandwidthLimit')).parameters).toMatchObject({
      name: 'bandwidthLimit',
      value: text,
    });
  });
});

describe('durations', () => {
  it.each([
    ['50ms', 50],
    ['10s', 10_000],
    ['0.5s', 500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['0ms', 0],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it('writes what it reads back', () => {
    const anyMs = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 40 }),
      fc.integer({ min: 0, max: 10_000 }).map((s) => s * 60_000),
    );
    fc.assert(fc.property(anyMs, (ms) => parseDuration(writeDuration(ms)) === ms));
  });

  it('rounds for people, and never to sixty of anything', () => {
    const shown = [0, 43.4, 999.6, 1500, 59_949, 59_999, 125_000, 3_599_499, 3_599_999, 3_720_000].map(formatDuration);
    expect(shown).toEqual(['0ms', '43ms', '1.0s', '1.5s', '59.9s', '1m 00s', '2m 05s', '59m 59s', '1h 00m', '1h 02m']);
  });

  it.each(['', '10', '-1s', '1d', '1S', 's', '0.5ms'])('refuses "%s"', (text) => {
    expect(refusal(() => parseDuration(text)).code).toBe('E_BAD_VALUE');
  });
});

describe('addresses', () => {
  it.each([
    ['127.0.0.1:7400', { host: '127.0.0.1', port: 7400 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:7400', { host: '::1', port: 7400 }],
    ['host-1.example.org:65535', { host: 'host-1.example.org', port: 65_535 }],
  ])('reads %s and writes it back', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
    expect(formatAddress(address)).toBe(text);
  });

  it.each([
    '',
    ':7400',
    '7400',
    'host',
    'host:',
    'host:65536',
    'host:-1',
    '::1:7400',
    '[host]:1',
    'a b:1',
    'http://h:1',
  ])('refuses "%s"', (text) => {
    expect(refusal(() => parseAddress(text, '--listen')).parameters).toMatchObject({ name: '--listen', value: text });
  });

  it('knows which hosts only this machine reaches', () => {
    const hosts = ['127.0.0.1', '127.9.9.9', '::1', 'localhost', '::ffff:127.0.0.1'];
    expect(hosts.filter(isLoopback)).toEqual(hosts);
    expect(['0.0.0.0', '::', '10.0.0.1', '127.evil.example', 'example.org', '12.7.0.1'].filter(isLoopback)).toEqual([]);
  });
});
