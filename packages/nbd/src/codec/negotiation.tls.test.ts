import { describe, expect, it } from 'vitest';
import { Option } from './constants.js';
import { Negotiation } from './negotiation.js';
import { exportOf, exportsOf } from './testing/exports.js';
import { hex } from './testing/streams.js';

const GO = hex('00000005 6469736b30 0000');
const SET_ALLOCATION = hex('00000005 6469736b30 00000001 0000000f 626173653a616c6c6f636174696f6e');

function begun(tls: 'off' | 'allow' | 'require', flags = 3): Negotiation {
  const negotiation = new Negotiation(exportsOf(exportOf('disk0')), { tls });
  negotiation.clientFlags(flags);
  return negotiation;
}

/** The step's type, and the type of the first reply in hexadecimal. */
async function answer(on: Negotiation, option: number, data = hex()) {
  const { type, bytes } = await on.step({ option, data, tooBig: false });
  return [type, bytes.length >= 20 ? bytes.toString('hex', 12, 16) : ''];
}

describe('STARTTLS', () => {
  it.each([['allow' as const], ['require' as const]])('is acknowledged once when TLS is %s', async (tls) => {
    const negotiation = begun(tls);
    const bytes = hex('0003e889045565a9 00000005 00000001 00000000');
    expect(await negotiation.step({ option: Option.startTls, data: hex(), tooBig: false })).toEqual({
      type: 'start-tls',
      bytes,
    });
    negotiation.tlsEstablished();
    expect(await answer(negotiation, Option.startTls)).toEqual(['reply', '80000003']);
    expect(await answer(negotiation, Option.go, GO)).toEqual(['transmission', '00000003']);
  });

  it('is against the policy of a server without, and for a client without fixed newstyle', async () => {
    expect(await answer(begun('off'), Option.startTls)).toEqual(['reply', '80000002']);
    expect(await answer(begun('allow', 2), Option.startTls)).toEqual(['reply', '80000002']);
  });

  it('takes no data', async () => {
    expect(await answer(begun('require'), Option.startTls, hex('00'))).toEqual(['reply', '80000003']);
  });

  it('forgets what was agreed in plain text', async () => {
    const negotiation = begun('allow');
    await negotiation.step({ option: Option.structuredReply, data: hex(), tooBig: false });
    await negotiation.step({ option: Option.setMetaContext, data: SET_ALLOCATION, tooBig: false });
    await negotiation.step({ option: Option.startTls, data: hex(), tooBig: false });
    negotiation.tlsEstablished();
    expect(await answer(negotiation, Option.setMetaContext, SET_ALLOCATION)).toEqual(['reply', '80000003']);
    expect(await negotiation.step({ option: Option.go, data: GO, tooBig: false })).toMatchObject({
      agreed: { structuredReplies: false, contexts: [] },
    });
  });
});

describe('a server that requires TLS', () => {
  it('answers everything but STARTTLS and ABORT with that', async () => {
    for (const option of [3, 4, 6, 7, 8, 9, 10, 11, 77]) {
      expect(await answer(begun('require'), option, hex('0102'))).toEqual(['reply', '80000005']);
    }
    expect(await answer(begun('require'), Option.abort)).toEqual(['close', '00000001']);
  });

  it('closes at EXPORT_NAME, which cannot be answered', async () => {
    const { type, bytes } = await begun('require').step({
      option: Option.exportName,
      data: Buffer.from('disk0'),
      tooBig: false,
    });
    expect([type, bytes.length]).toEqual(['close', 0]);
  });
});

describe('a server that allows TLS', () => {
  it('serves plain text too', async () => {
    expect(await answer(begun('allow'), Option.go, GO)).toEqual(['transmission', '00000003']);
  });
});
