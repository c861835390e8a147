import { LIMITS } from '@godwit/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { Option } from './constants.js';
import { Negotiation } from './negotiation.js';
import { exportOf, exportsOf } from './testing/exports.js';
import { hex, protocolErrorOf } from './testing/streams.js';

const DISK = exportOf('disk0', { description: 'a disk' });
/** 4 bytes of length and 'disk0'. */
const NAME = '00000005 6469736b30';
/** Head of a reply: magic, option, type. */
const REPLY = '0003e889045565a9';
const ACK = '00000001 00000000';

let negotiation: Negotiation;

beforeEach(() => {
  negotiation = begun('off');
});

function begun(tls: 'off' | 'allow' | 'require', flags = 3, ...all: Parameters<typeof exportsOf>): Negotiation {
  const begun = new Negotiation(exportsOf(...(all.length > 0 ? all : [DISK])), { tls });
  begun.clientFlags(flags);
  return begun;
}

async function step(option: number, data: Uint8Array = hex(), on = negotiation) {
  return on.step({ option, data: Buffer.from(data), tooBig: false });
}

/** Error type of the one reply, without bit 31, and its text. */
async function refusal(option: number, data: Uint8Array = hex(), on = negotiation) {
  const { type, bytes } = await step(option, data, on);
  expect(type).toBe('reply');
  expect(bytes.subarray(0, 12)).toEqual(hex(REPLY, option.toString(16).padStart(8, '0')));
  expect(bytes.length).toBe(20 + bytes.readUInt32BE(16));
  return [bytes.readUInt32BE(12) - 2 ** 31, bytes.toString('utf8', 20)];
}

describe('the greeting', () => {
  it('is NBDMAGIC, IHAVEOPT, fixed newstyle and no zeroes', () => {
    expect(negotiation.greeting()).toEqual(hex('4e42444d41474943 49484156454f5054 0003'));
  });

  it('is answered with flags that are known', () => {
    expect(protocolErrorOf(() => negotiation.clientFlags(4))).toMatch(/client flags 0x4/);
  });
});

describe('EXPORT_NAME', () => {
  it('is answered with size and flags, and 124 zeroes for a client that wants them', async () => {
    const taken = await step(Option.exportName, Buffer.from('disk0'));
    const agreed = { structuredReplies: false, contexts: [] };
    expect(taken).toEqual({ type: 'transmission', bytes: hex('000000123456789a 0d6d'), export: DISK, agreed });
    const zeroes = await step(Option.exportName, Buffer.from('disk0'), begun('off', 1));
    expect(zeroes.bytes).toEqual(Buffer.concat([hex('000000123456789a 0d6d'), Buffer.alloc(124)]));
  });

  it('of the empty name is the only export', async () => {
    expect(await step(Option.exportName)).toMatchObject({ type: 'transmission', export: DISK });
  });

  it.each([
    ['nothing we have', Buffer.from('disk1'), 'there is no export "disk1"'],
    ['what moved', Buffer.from('gone'), 'image "gone" moved to elsewhere; write there'],
    ['no text', hex('ff'), 'the name is no UTF-8 text'],
    ['text with a NUL', hex('6100'), 'the name is no UTF-8 text'],
    ['too long a name', Buffer.alloc(4097, 'a'), 'the name has 4097 bytes; at most 4096 are accepted'],
  ])('of %s ends the session', async (_, data, reason) => {
    expect(await step(Option.exportName, data)).toEqual({ type: 'close', bytes: hex(), reason });
  });
});

describe('ABORT', () => {
  it('is acknowledged, and that is the end', async () => {
    const bytes = hex(REPLY, '00000002', ACK);
    expect(await step(Option.abort)).toEqual({ type: 'close', bytes, reason: undefined });
    expect(await step(Option.abort, hex('00'), begun('require'))).toEqual({ type: 'close', bytes, reason: undefined });
  });
});

describe('LIST', () => {
  it('names all exports, with their descriptions', async () => {
    const two = begun('off', 3, DISK, exportOf('é'));
    const bytes = hex(
      `${REPLY} 00000003 00000002 0000000f ${NAME} 61206469736b`,
      `${REPLY} 00000003 00000002 00000006 00000002 c3a9`,
      `${REPLY} 00000003 ${ACK}`,
    );
    expect(await step(Option.list, hex(), two)).toEqual({ type: 'reply', bytes });
  });

  it('takes no data', async () => {
    expect(await refusal(Option.list, hex('00'))).toEqual([3, 'option 3 takes no data']);
  });
});

describe('INFO and GO', () => {
  /** NBD_INFO_EXPORT: size, flags. */
  const exportInfo = (option: string) => `${REPLY} ${option} 00000003 0000000c 0000 000000123456789a 0d6d`;

  it('say what the export is', async () => {
    const bytes = hex(exportInfo('00000006'), `${REPLY} 00000006 ${ACK}`);
    expect(await step(Option.info, hex(NAME, '0000'))).toEqual({ type: 'reply', bytes });
  });

  it('say what else is asked for, once, and nothing of what is not known', async () => {
    const bytes = hex(
      exportInfo('00000007'),
      `${REPLY} 00000007 00000003 00000007 0001 6469736b30`,
      `${REPLY} 00000007 00000003 00000008 0002 61206469736b`,
      `${REPLY} 00000007 00000003 0000000e 0003 00000001 00001000 02000000`,
      `${REPLY} 00000007 ${ACK}`,
    );
    const agreed = { structuredReplies: false, contexts: [] };
    const taken = await step(Option.go, hex('00000000 0006 0003 0002 0001 0000 0003 00ff'));
    expect(taken).toEqual({ type: 'transmission', bytes, export: DISK, agreed });
  });

  it('have the flags of the export', async () => {
    const readOnly = begun('off', 3, exportOf('disk0', { readOnly: true }));
    const flags = async () => (await step(Option.info, hex(NAME, '0000'), readOnly)).bytes.readUInt16BE(30);
    // HAS_FLAGS, READ_ONLY, FLUSH, FUA, MULTI_CONN, CACHE.
    expect(await flags()).toBe(0b0101_0000_1111);
    await step(Option.structuredReply, hex(), readOnly);
    expect(await flags()).toBe(0b0101_1000_1111);
  });

  it.each([
    ['an unknown name', '00000001 78 0000', 6, 'there is no export "x"'],
    ['an export that moved', '00000004 676f6e65 0000', 7, 'image "gone" moved to elsewhere; write there'],
    ['no data', '', 3, 'the data ends too early'],
    ['no count', NAME, 3, 'the data ends too early'],
    ['a name beyond the data', '00000006 6469736b30', 3, 'the data ends too early'],
    ['a name of 4 GiB', 'ffffffff 6469736b30 0000', 3, 'the data ends too early'],
    ['fewer infos than said', `${NAME} 0002 0003`, 3, 'the data ends too early'],
    ['more infos than said', `${NAME} 0001 0003 0003`, 3, '2 bytes too many'],
    ['a name that is no text', '00000002 c328 0000', 3, 'the name is no UTF-8 text'],
    ['a name with a NUL', '00000002 6100 0000', 3, 'the name is no UTF-8 text'],
  ])('of %s are refused, and the session goes on', async (_, data, type, message) => {
    expect(await refusal(Option.info, hex(data))).toEqual([type, message]);
    expect(await refusal(Option.go, hex(data))).toEqual([type, message]);
    expect(await step(Option.go, hex(NAME, '0000'))).toMatchObject({ type: 'transmission' });
  });
});

describe('STRUCTURED_REPLY', () => {
  it('is acknowledged, and offers DF', async () => {
    const bytes = hex(REPLY, '00000008', ACK);
    expect(await step(Option.structuredReply)).toEqual({ type: 'reply', bytes });
    const taken = await step(Option.exportName, Buffer.from('disk0'));
    expect(taken.bytes).toEqual(hex('000000123456789a 0ded'));
    expect(taken).toMatchObject({ agreed: { structuredReplies: true } });
  });

  it('takes no data', async () => {
    expect(await refusal(Option.structuredReply, hex('00'))).toEqual([3, 'option 8 takes no data']);
    expect(await step(Option.go, hex(NAME, '0000'))).toMatchObject({ agreed: { structuredReplies: false } });
  });
});

describe('what no option is', () => {
  it.each([[0], [4], [9999], [Option.extendedHeaders], [0xffffffff]])('%i is unsupported', async (option) => {
    expect(await refusal(option, hex('0102'))).toEqual([1, `option ${option} is not known`]);
    expect(await step(Option.go, hex(NAME, '0000'))).toMatchObject({ type: 'transmission' });
  });
});

describe('an export that cannot be had', () => {
  it('for a reason that is not ours to tell ends in that error', async () => {
    const broken = new Negotiation(
      { list: () => Promise.reject(new Error('a fault')), find: () => Promise.reject(new Error('a fault')) },
      { tls: 'off' },
    );
    await expect(step(Option.list, hex(), broken)).rejects.toThrow('a fault');
    await expect(step(Option.go, hex(NAME, '0000'), broken)).rejects.toThrow('a fault');
  });
});

describe('limits of the negotiation', () => {
  it('nbdOptions', async () => {
    for (let sent = 0; sent < LIMITS.nbdOptions; sent++) await refusal(4);
    expect(await step(Option.list)).toEqual({ type: 'close', bytes: hex(), reason: 'more than 1024 options' });
  });

  it('nbdOptionBytes: skipped data is answered, but for EXPORT_NAME', async () => {
    const frame = { data: hex(), tooBig: true };
    const { bytes } = await negotiation.step({ option: Option.info, ...frame });
    expect(bytes.subarray(0, 16)).toEqual(hex(REPLY, '00000006 80000009'));
    const reason = 'more than 65536 bytes of data';
    expect(await negotiation.step({ option: Option.exportName, ...frame })).toEqual({
      type: 'close',
      bytes: hex(),
      reason,
    });
  });

  it('nbdNameBytes', async () => {
    const name = (bytes: number) => hex(bytes.toString(16).padStart(8, '0'), '61'.repeat(bytes), '0000');
    expect(await refusal(Option.info, name(4096))).toMatchObject([6, expect.stringMatching(/^there is no export "a/)]);
    const tooLong = 'the name has 4097 bytes; at most 4096 are accepted';
    expect(await refusal(Option.info, name(4097))).toEqual([9, tooLong]);
  });
});
