import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeFrame, LIMITS } from '../../../packages/protocol/dist/index.js';
import { LIMIT_CASES } from '../../../packages/protocol/dist/testing/limitCases.js';
import { until } from '../harness/condition.js';
import { destinationUnderTest } from './agents.js';
import { HostileSource } from './hostileSource.js';
import { SourceUnderAttack } from './movedBy.js';

const ROOT = new URL('../../../', import.meta.url);
const CODEC = ['packages/protocol/src/testing/limitCases.ts', 'limitOf('] as const;
const HERE = 'test/src/fuzz/limits.test.ts';

/**
 * The file that exceeds each limit, and words of it that are there as long as it does. The compiler asks for a row for each
 * limit: one that nobody exceeds is a wish.
 */
const EXCEEDED: { readonly [Limit in keyof typeof LIMITS]: readonly [file: string, words: string] } = {
  headerBytes: ['packages/protocol/src/limits.test.ts', "it('headerBytes'"],
  extentBytes: CODEC,
  payloadBytes: CODEC,
  checkBlocks: CODEC,
  resultBlocks: CODEC,
  zeroRangeBytes: CODEC,
  images: CODEC,
  lanes: CODEC,
  imageBytes: CODEC,
  imageBlocks: CODEC,
  blockBytesMinimum: CODEC,
  blockBytesMaximum: CODEC,
  nameCharacters: CODEC,
  textCharacters: CODEC,
  tokenCharacters: CODEC,
  documentCharacters: CODEC,
  patienceMs: CODEC,
  windowBytes: CODEC,
  helloTimeoutMs: [
    'packages/transport/src/listener.test.ts',
    'has patience for one hello, not for one byte after the other',
  ],
  pendingConnections: ['packages/transport/src/listener.test.ts', 'LIMITS.pendingConnections + 3'],
  incomingMigrations: [HERE, 'LIMITS.incomingMigrations'],
  waitingMigrations: [HERE, 'LIMITS.waitingMigrations'],
  mismatches: [HERE, 'LIMITS.mismatches'],
  damagedLinks: ['packages/source-agent/src/migration/returning.test.ts', 'LIMITS.damagedLinks'],
  nbdRequestBytes: ['packages/nbd/src/codec/requestParser.test.ts', 'nbdRequestBytes: a payload beyond it'],
  nbdInFlightBytes: ['packages/nbd/src/server/inFlight.test.ts', 'LIMITS.nbdInFlightBytes / SIZE'],
  // Each is the size of a SharedRoom, which is exceeded there.
  nbdThreadInFlightBytes: ['packages/nbd/src/server/inFlight.test.ts', 'so many bytes of all connections'],
  nbdProxyInFlightBytes: ['packages/nbd/src/server/inFlight.test.ts', 'so many bytes of all connections'],
  nbdInFlightRequests: ['packages/nbd/src/server/inFlight.test.ts', 'LIMITS.nbdInFlightRequests + 100'],
  nbdConnections: ['packages/agent/src/nbd/nbdService.test.ts', 'take no more connections than there may be'],
  nbdProxyConnections: ['packages/proxy/src/startProxy.test.ts', 'LIMITS.nbdProxyConnections'],
  nbdOptionBytes: ['packages/nbd/src/codec/optionParser.test.ts', 'nbdOptionBytes: what is longer'],
  nbdQueuedOptionBytes: ['packages/nbd/src/codec/optionParser.test.ts', 'nbdQueuedOptionBytes: a client'],
  nbdOptions: ['packages/nbd/src/codec/negotiation.test.ts', "it('nbdOptions'"],
  nbdNameBytes: ['packages/nbd/src/codec/negotiation.test.ts', "it('nbdNameBytes'"],
  nbdHandshakeTimeoutMs: ['packages/nbd/src/server/handshake.test.ts', 'ends a client that chooses nothing in time'],
  nbdExtents: ['packages/agent/src/nbd/blockStatus.test.ts', 'is what the file system says, at most so many runs'],
};

describe('every limit', () => {
  it.each(Object.entries(EXCEEDED))('%s is exceeded by a test', (limit, [file, words]) => {
    expect(readFileSync(new URL(file, ROOT), 'utf8')).toContain(words);
    if (file === CODEC[0]) expect(LIMIT_CASES.map((one) => String(one.limit))).toContain(limit);
  });
});

describe('limits of what an agent has at a time', () => {
  it('incomingMigrations: one more is refused until one has ended', async () => {
    const under = await destinationUnderTest();
    const sources: HostileSource[] = [];
    const offered = async (): Promise<HostileSource> => {
      const source = new HostileSource(under.agent.listenPort ?? 0, `disk${sources.length}`);
      sources.push(source);
      await source.connect();
      await source.offer();
      return source;
    };
    for (let each = 0; each < LIMITS.incomingMigrations; each++) expect((await offered()).refusals()).toEqual([]);
    expect((await offered()).refusals()).toEqual(['E_TOO_MANY']);
    const [first] = sources;
    first?.close();
    expect(await first?.outcome()).toBe('aborted');
    expect((await offered()).refusals()).toEqual([]);
    for (const source of sources) source.close();
    await under.close();
  });

  it('waitingMigrations: so many sources may be away, beside those that are there', async () => {
    const under = await destinationUnderTest();
    const most = LIMITS.incomingMigrations + LIMITS.waitingMigrations;
    const offered = async (name: string): Promise<HostileSource> => {
      const source = new HostileSource(under.agent.listenPort ?? 0, name);
      await source.connect();
      await source.offer({ patienceMs: 60_000 });
      return source;
    };
    for (let each = 0; each < most; each++) {
      const source = await offered(`disk${each}`);
      expect(source.refusals()).toEqual([]);
      source.close();
      await until(
        'it to wait',
        async () => (await under.api.migration(source.migrationId)).state === 'paused' || undefined,
      );
    }
    const late = await offered('late');
    expect(late.refusals()).toEqual(['E_TOO_MANY']);
    late.close();
    await under.close();
  });

  it('mismatches: a destination that refuses more than LIMITS.mismatches extents ends the migration', async () => {
    const attacked = await SourceUnderAttack.open();
    await attacked.newImage(2 * 4096 * (LIMITS.mismatches + 100), true);
    let nacks = 0;
    const view = await attacked.move(
      (_, frame, answer) => {
        if (frame.type !== 'Extent') return undefined;
        nacks += 1;
        return { send: [encodeFrame('Nack', { seq: frame.header.seq, code: 'E_HASH' }), answer] };
      },
      { timeoutMs: 60_000 },
    );
    expect([view.state, view.error?.code]).toEqual(['failed', 'E_MISMATCH_LIMIT']);
    expect(nacks).toBeGreaterThan(LIMITS.mismatches);
    await attacked.close();
  });
});
