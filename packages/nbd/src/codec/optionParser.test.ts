import { LIMITS } from '@godwit/protocol';
import { describe, expect, it } from 'vitest';
import { encodeClientFlags, encodeOption } from './clientCodec.js';
import { Option } from './constants.js';
import { OptionParser } from './optionParser.js';
import { everySplit, hex, optionsOf, piecesOf, protocolErrorOf } from './testing/streams.js';

const FLAGS = hex('00000003');
const LIST = hex('49484156454f5054 00000003 00000000');
const EXPORT_NAME = hex('49484156454f5054 00000001 00000005 6469736b30');
const UNKNOWN = hex('49484156454f5054 fffffffe 00000003 010203');

describe('options of a client', () => {
  it('are found however they were split, and what is behind them is left', () => {
    const behind = hex('25609513 0000');
    const stream = Buffer.concat([FLAGS, LIST, UNKNOWN, EXPORT_NAME]);
    const frames = [
      { option: 3, data: hex(), tooBig: false },
      { option: 0xfffffffe, data: hex('010203'), tooBig: false },
      { option: 1, data: Buffer.from('disk0'), tooBig: false },
    ];
    for (const pieces of everySplit(stream)) {
      expect(optionsOf(pieces)).toEqual({ flags: 3, frames, rest: hex() });
    }
    expect(optionsOf([Buffer.concat([stream, behind])])).toEqual({ flags: 3, frames, rest: behind });
  });

  it('come without flags inside of TLS', () => {
    const { flags, frames } = optionsOf([LIST], new OptionParser('options'));
    expect(flags).toBeUndefined();
    expect(frames).toEqual([{ option: 3, data: hex(), tooBig: false }]);
  });

  it('wait for the last byte', () => {
    for (let end = 0; end < FLAGS.length + EXPORT_NAME.length; end++) {
      expect(optionsOf([Buffer.concat([FLAGS, EXPORT_NAME]).subarray(0, end)]).frames).toEqual([]);
    }
  });

  it('know their flags before the first of them', () => {
    const parser = new OptionParser();
    expect(parser.clientFlags).toBeUndefined();
    parser.push(FLAGS);
    expect(parser.clientFlags).toBe(3);
  });
});

describe('what ends a session', () => {
  it.each([['00000004'], ['80000003'], ['00010000']])('client flags %s', (flags) => {
    expect(protocolErrorOf(() => optionsOf([hex(flags)]))).toMatch(/^client flags 0x/);
    const parser = new OptionParser();
    parser.push(hex(flags));
    expect(protocolErrorOf(() => parser.clientFlags)).toMatch(/^client flags 0x/);
  });

  it('another magic than IHAVEOPT, as soon as it is there', () => {
    const message = 'option magic 0x49484156454f5055, not IHAVEOPT';
    expect(protocolErrorOf(() => optionsOf([FLAGS, hex('49484156454f5055')]))).toBe(message);
    expect(protocolErrorOf(() => optionsOf([FLAGS, LIST, hex('25609513 00000000')]))).toMatch(/^option magic 0x2560/);
  });
});

describe('limits of options', () => {
  it('nbdOptionBytes: what is longer is skipped without being kept, and the next is found', () => {
    const within = encodeOption(99, Buffer.alloc(LIMITS.nbdOptionBytes, 7));
    const beyond = encodeOption(98, Buffer.alloc(LIMITS.nbdOptionBytes + 1, 7));
    const stream = Buffer.concat([encodeClientFlags(3), within, beyond, LIST]);
    const cuts = [5, 100, within.length + 2, within.length + 4 + 16, within.length + 4 + 17, stream.length - 17];
    for (const pieces of [piecesOf(stream, []), piecesOf(stream, cuts), piecesOf(stream, [stream.length - 16])]) {
      const { frames, rest } = optionsOf(pieces);
      expect(frames.map(({ option, data, tooBig }) => [option, data.length, tooBig])).toEqual([
        [99, LIMITS.nbdOptionBytes, false],
        [98, 0, true],
        [Option.list, 0, false],
      ]);
      expect(rest).toHaveLength(0);
    }
  });

  it('4 GiB of data are skipped in no memory, then answered', () => {
    const parser = new OptionParser('options');
    parser.push(hex('49484156454f5054 00000063 ffffffff'));
    const chunk = Buffer.alloc(2 ** 24);
    for (let left = 2 ** 32 - 1; left > 0; left -= chunk.length) {
      expect(parser.next()).toBeUndefined();
      parser.push(chunk.subarray(0, Math.min(left, chunk.length)));
    }
    expect(parser.next()).toEqual({ option: 99, data: hex(), tooBig: true });
    expect(parser.rest()).toHaveLength(0);
  });

  it('nbdQueuedOptionBytes: a client that sends on and on without an answer is closed', () => {
    const parser = new OptionParser();
    const chunk = Buffer.alloc(LIMITS.nbdQueuedOptionBytes / 4);
    for (let pushed = 0; pushed < LIMITS.nbdQueuedOptionBytes; pushed += chunk.length) parser.push(chunk);
    const message = '1048577 bytes of options that wait for answers to earlier ones';
    expect(protocolErrorOf(() => parser.push(Buffer.alloc(1)))).toBe(message);
  });
});
