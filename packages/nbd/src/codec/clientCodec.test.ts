import { LIMITS } from '@godwit/protocol';
import { describe, expect, it } from 'vitest';
import {
  encodeClientFlags,
  encodeInfoRequest,
  encodeMetaContextRequest,
  encodeOption,
  encodeRequest,
  HandshakeParser,
  isErrorReply,
  parseErrorText,
  parseInfoReply,
  parseMetaContextReply,
  parseServerReply,
} from './clientCodec.js';
import { Command, Option } from './constants.js';
import { everySplit, hex, protocolErrorOf } from './testing/streams.js';

const GREETING = hex('4e42444d41474943 49484156454f5054 0003');
const ACK = hex('0003e889045565a9 00000007 00000001 00000000');

/** What `read` gives after each piece, without what is undefined. */
function heard<T>(pieces: readonly Buffer[], read: (parser: HandshakeParser) => T | undefined): T[] {
  const parser = new HandshakeParser();
  const found: T[] = [];
  for (const piece of pieces) {
    parser.push(piece);
    for (let one = read(parser); one !== undefined; one = read(parser)) found.push(one);
  }
  return found;
}

describe('what a client sends', () => {
  it('is as the specification writes it', () => {
    expect(encodeClientFlags(3)).toEqual(hex('00000003'));
    expect(encodeOption(Option.abort)).toEqual(hex('49484156454f5054 00000002 00000000'));
    const info = encodeInfoRequest('é', [3, 1]);
    expect(info).toEqual(hex('00000002 c3a9 0002 0003 0001'));
    expect(encodeOption(Option.go, info)).toEqual(Buffer.concat([hex('49484156454f5054 00000007 0000000c'), info]));
    expect(encodeMetaContextRequest('d', ['x:', 'y:z'])).toEqual(
      hex('00000001 64 00000002 00000002 783a 00000003 793a7a'),
    );
    const request = {
      flags: 1,
      command: Command.writeZeroes,
      cookieHigh: 1,
      cookieLow: 2,
      offset: 2 ** 53 - 2,
      length: 7,
    };
    const target = Buffer.alloc(30);
    expect(encodeRequest(target, 2, request)).toBe(30);
    expect(target).toEqual(hex('0000 25609513 0001 0006 0000000100000002 001ffffffffffffe 00000007'));
  });
});

describe('the handshake of a server', () => {
  it('is heard however it was split', () => {
    for (const pieces of everySplit(GREETING)) {
      expect(heard(pieces, (parser) => parser.greeting())).toEqual([3]);
    }
    const replies = Buffer.concat([hex('0003e889045565a9 00000003 80000003 00000002 6e6f'), ACK]);
    for (const pieces of everySplit(replies)) {
      expect(heard(pieces, (parser) => parser.optionReply())).toEqual([
        { option: 3, type: 0x80000003, data: Buffer.from('no') },
        { option: 7, type: 1, data: hex() },
      ]);
    }
  });

  it('ends where the transmission begins', () => {
    const parser = new HandshakeParser();
    parser.push(Buffer.concat([GREETING, ACK, hex('6744')]));
    expect([parser.greeting(), parser.optionReply()?.type, parser.rest()]).toEqual([3, 1, hex('6744')]);
  });

  it('answers EXPORT_NAME with and without zeroes', () => {
    const info = hex('000000123456789a 0d6d');
    const expected = { size: 0x123456789a, flags: 0x0d6d };
    for (const pieces of everySplit(info)) {
      expect(heard(pieces, (parser) => parser.exportNameReply(false))).toEqual([expected]);
    }
    expect(heard([info], (parser) => parser.exportNameReply(true))).toEqual([]);
    expect(heard([info, Buffer.alloc(124)], (parser) => parser.exportNameReply(true))).toEqual([expected]);
  });
});

describe('data of replies to options', () => {
  it('is taken apart', () => {
    expect(parseServerReply(hex('00000002 c3a9 6869'))).toEqual({ name: 'é', description: 'hi' });
    expect(parseMetaContextReply(hex('00000007 783a79'))).toEqual({ id: 7, name: 'x:y' });
    expect(parseInfoReply(hex('0000 0000000000001000 0003'))).toEqual({ kind: 'export', size: 4096, flags: 3 });
    expect(parseInfoReply(hex('0001 61'))).toEqual({ kind: 'name', text: 'a' });
    expect(parseInfoReply(hex('0002 62'))).toEqual({ kind: 'description', text: 'b' });
    const sizes = { kind: 'block-size', minimum: 1, preferred: 4096, maximum: 2 ** 25 };
    expect(parseInfoReply(hex('0003 00000001 00001000 02000000'))).toEqual(sizes);
    expect(parseInfoReply(hex('1234 ff'))).toEqual({ kind: 'unknown', info: 0x1234 });
    expect([isErrorReply(0x80000001), isErrorReply(1), parseErrorText(hex('6e6f'))]).toEqual([true, false, 'no']);
  });
});

describe('what no server may send', () => {
  it.each([
    ['another greeting', 'this is no NBD server: it does not begin with NBDMAGIC', hex('4854545020342034')],
    [
      'the old style',
      'the server speaks the old style of NBD, without options',
      hex('4e42444d41474943 0000420281861253'),
    ],
    ['another second magic', 'second magic of the server 0x1, not IHAVEOPT', hex('4e42444d41474943 0000000000000001')],
  ])('%s', (_, message, bytes) => {
    expect(protocolErrorOf(() => heard([bytes], (parser) => parser.greeting()))).toBe(message);
  });

  it('another magic before a reply, or too long a reply', () => {
    const reply = (bytes: Buffer) => protocolErrorOf(() => heard([bytes], (parser) => parser.optionReply()));
    expect(reply(hex('0003e889045565a8 00000007 00000001 00000000'))).toBe('option reply magic 0x3e889045565a8');
    const beyond = (LIMITS.nbdOptionBytes + 1).toString(16).padStart(8, '0');
    expect(reply(hex('0003e889045565a9 00000007 00000001', beyond))).toMatch(/^an option reply of 65537 bytes/);
  });

  it.each([
    ['no length of a name', () => parseServerReply(hex('0000'))],
    ['a name beyond its reply', () => parseServerReply(hex('00000003 6161'))],
    ['a name that is no text', () => parseServerReply(hex('00000001 ff'))],
    ['a context without id', () => parseMetaContextReply(hex('00'))],
    ['an info without type', () => parseInfoReply(hex('00'))],
    ['an export of some other length', () => parseInfoReply(hex('0000 0000000000001000 0003 00'))],
    ['block sizes of some other length', () => parseInfoReply(hex('0003 00000001'))],
    ['an export beyond 2^53', () => parseInfoReply(hex('0000 0020000000000000 0003'))],
  ])('%s', (_, act) => {
    expect(protocolErrorOf(act)).toBeDefined();
  });
});
