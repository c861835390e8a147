import { beforeEach, describe, expect, it } from 'vitest';
import { encodeInfoRequest, encodeMetaContextRequest } from './clientCodec.js';
import { Option } from './constants.js';
import { Negotiation } from './negotiation.js';
import { exportOf, exportsOf } from './testing/exports.js';
import { hex } from './testing/streams.js';

const REPLY = '0003e889045565a9';
const ALLOCATION = '626173653a616c6c6f636174696f6e';
const DIRTY = '71656d753a64697274792d6269746d61703a676f64776974';

let negotiation: Negotiation;

beforeEach(async () => {
  negotiation = new Negotiation(exportsOf(exportOf('disk0'), exportOf('disk1'), exportOf('raw', { contexts: [] })), {
    tls: 'off',
  });
  negotiation.clientFlags(3);
  await step(Option.structuredReply);
});

async function step(option: number, data = hex(), on = negotiation) {
  return on.step({ option, data, tooBig: false });
}

/** Names of the contexts in the replies, with their ids. */
async function contexts(option: number, name: string, ...queries: string[]) {
  const { bytes } = await step(option, encodeMetaContextRequest(name, queries));
  const found: string[] = [];
  for (let at = 0; at < bytes.length; at += 20 + bytes.readUInt32BE(at + 16)) {
    if (bytes.readUInt32BE(at + 12) !== 4) continue;
    found.push(
      `${bytes.readUInt32BE(at + 20)} ${bytes.toString('utf8', at + 24, at + 20 + bytes.readUInt32BE(at + 16))}`,
    );
  }
  return found;
}

async function agreedAt(name: string) {
  const taken = await step(Option.go, encodeInfoRequest(name, []));
  return taken.type === 'transmission' ? taken.agreed.contexts : taken.type;
}

describe('LIST_META_CONTEXT', () => {
  const all = ['0 base:allocation', '0 qemu:dirty-bitmap:godwit'];

  it('gives contexts with id 0, then acknowledges', async () => {
    const data = hex('00000005 6469736b30 00000000');
    const bytes = hex(
      `${REPLY} 00000009 00000004 00000013 00000000 ${ALLOCATION}`,
      `${REPLY} 00000009 00000004 0000001c 00000000 ${DIRTY}`,
      `${REPLY} 00000009 00000001 00000000`,
    );
    expect(await step(Option.listMetaContext, data)).toEqual({ type: 'reply', bytes });
  });

  it.each([
    [['base:'], [all[0]]],
    [['base:allocation'], [all[0]]],
    [['qemu:'], [all[1]]],
    [['qemu:dirty-bitmap:'], [all[1]]],
    [['qemu:dirty-bitmap:godwit'], [all[1]]],
    [['qemu:', 'base:allocation', 'base:', 'qemu:'], all],
    [['base', 'qemu:dirty-bitmap:other', 'x-ours:', '', ':', 'base:allocation:'], []],
  ])('%j finds %j', async (queries, found) => {
    expect(await contexts(Option.listMetaContext, 'disk0', ...queries)).toEqual(found);
  });

  it('finds nothing at an export that has none', async () => {
    expect(await contexts(Option.listMetaContext, 'raw')).toEqual([]);
  });
});

describe('SET_META_CONTEXT', () => {
  it('selects exact names, each once, and gives them ids', async () => {
    const data = hex('00000005 6469736b30 00000003', `00000018 ${DIRTY} 0000000f ${ALLOCATION} 0000000f ${ALLOCATION}`);
    const bytes = hex(
      `${REPLY} 0000000a 00000004 00000013 00000001 ${ALLOCATION}`,
      `${REPLY} 0000000a 00000004 0000001c 00000002 ${DIRTY}`,
      `${REPLY} 0000000a 00000001 00000000`,
    );
    expect(await step(Option.setMetaContext, data)).toEqual({ type: 'reply', bytes });
    expect(await agreedAt('disk0')).toEqual([
      { id: 1, name: 'base:allocation' },
      { id: 2, name: 'qemu:dirty-bitmap:godwit' },
    ]);
  });

  it.each([[[]], [['base:']], [['qemu:', 'x-ours:thing', 'nonsense']]])('%j selects none', async (queries) => {
    await contexts(Option.setMetaContext, 'disk0', 'base:allocation');
    expect(await contexts(Option.setMetaContext, 'disk0', ...queries)).toEqual([]);
    expect(await agreedAt('disk0')).toEqual([]);
  });

  it('counts for the export that it names', async () => {
    await contexts(Option.setMetaContext, 'disk0', 'base:allocation');
    expect(await agreedAt('disk1')).toEqual([]);
  });

  it('counts for EXPORT_NAME too', async () => {
    await contexts(Option.setMetaContext, 'disk0', 'base:allocation');
    const agreed = { structuredReplies: true, contexts: [{ id: 1, name: 'base:allocation' }] };
    expect(await step(Option.exportName, Buffer.from('disk0'))).toMatchObject({ type: 'transmission', agreed });
  });

  it.each([
    ['an unknown export', '00000001 78 00000000', '80000006'],
    ['no data', '', '80000003'],
    ['a query beyond the data', '00000005 6469736b30 00000001 00000002 61', '80000003'],
    ['a query that is not there', '00000005 6469736b30 00000001', '80000003'],
    ['4 billion queries', '00000005 6469736b30 ffffffff 00000000', '80000003'],
    ['something behind the queries', '00000005 6469736b30 00000000 00', '80000003'],
    ['a query that is no text', '00000005 6469736b30 00000001 00000001 ff', '80000003'],
    ['a query too long', `00000005 6469736b30 00000001 00001001 ${'61'.repeat(4097)}`, '80000009'],
  ])('of %s fails, and what was selected is gone', async (_, data, type) => {
    await contexts(Option.setMetaContext, 'disk0', 'base:allocation');
    const { bytes } = await step(Option.setMetaContext, hex(data));
    expect(bytes.toString('hex', 12, 16)).toBe(type);
    expect(await agreedAt('disk0')).toEqual([]);
  });

  it('needs structured replies', async () => {
    const plain = new Negotiation(exportsOf(exportOf('disk0')), { tls: 'off' });
    const { bytes } = await step(Option.setMetaContext, encodeMetaContextRequest('disk0', ['base:allocation']), plain);
    expect(bytes.toString('hex', 12, 16)).toBe('80000003');
  });
});

describe('a client that says it will wait', () => {
  it('is told from others by a context that no export has', async () => {
    const asked: unknown[] = [];
    const exports = exportsOf(exportOf('disk0'));
    const waiting = new Negotiation(
      {
        ...exports,
        find: (name, isPatient) => {
          asked.push(isPatient === true);
          return exports.find(name);
        },
      },
      { tls: 'off' },
    );
    waiting.clientFlags(3);
    await step(Option.structuredReply, hex(), waiting);
    for (const queries of [['base:allocation'], ['base:allocation', 'x-godwit:wait']]) {
      const { bytes } = await step(Option.setMetaContext, encodeMetaContextRequest('disk0', queries), waiting);
      expect(bytes.toString('utf8')).not.toContain('x-godwit');
    }
    await step(Option.info, encodeInfoRequest('disk0', []), waiting);
    expect(asked).toEqual([false, true, false]);
  });
});
