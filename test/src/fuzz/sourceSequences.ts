/** A fuzzer of a destination: what a source may say, in any order, and some of it damaged. */
import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { Encoding } from '../../../packages/protocol/dist/index.js';
import { type AgentUnderTest, destinationUnderTest } from './agents.js';
import { ANY_FRAMES } from './anyFrames.js';
import { anyDamages, damaged } from './damage.js';
import { fuzzTarget } from './fuzzTarget.js';
import { BLOCK_BYTES, HostileSource, SIZE_BYTES } from './hostileSource.js';

/** What is done at one step; a name, for whoever reads a failure. */
interface Step {
  readonly name: string;
  readonly act: (source: HostileSource) => void | Promise<void>;
}

function step(name: string, act: Step['act']): Step {
  return { name, act, ...{ toString: () => name, [fc.toStringMethod]: () => name } };
}

const CONNECT = step('connect', (source) => source.connect());
const OFFER = step('offer', (source) => source.offer());
const PATIENT = step('offer with patience', (source) => source.offer({ patienceMs: 60_000 }));
const LANE = step('lane', (source) => source.openLane());
const EXTENT = step('extent', (source) => source.extent(0));
const PREPARE = step('prepare', (source) => source.prepare());
const COMMIT = step('commit', (source) => source.commit());
const ROUND = { blocks: 1, bytes: 1, zeroBytes: 0, wireBytes: 1, durationMs: 1, dirtiedBytes: 0, mbps: 1 };
const DOWNTIME = { totalMs: 1, drainMs: 0, finalRoundMs: 0, verifyMs: 0, persistMs: 0, takeoverMs: 0 };

const OTHERS: readonly Step[] = [
  step('lane of another session', (source) => source.openLane({ sessionKey: 'wrong' })),
  step('lane 5', (source) => source.openLane({ lane: 5 })),
  step('lane of another migration', (source) => source.openLane({ migrationId: '../../x' })),
  step('extent beyond the end', (source) => source.extent(SIZE_BYTES)),
  step('extent off the block', (source) => source.extent(1000)),
  step('extent far away', (source) => source.extent(2 ** 52)),
  step('extent of another image', (source) => source.extent(0, { image: 1 })),
  step('extent again', (source) => source.extent(0, {}, undefined, 0)),
  step('extent ahead', (source) => source.extent(0, {}, undefined, 2)),
  step('extent with a wrong hash', (source) => source.extent(0, { hashLow: 1 })),
  step('extent of an older round', (source) => source.extent(0, { round: 0 })),
  step('extent of a later round', (source) => source.extent(BLOCK_BYTES, { round: 9 })),
  step('raw bytes called lz4', (source) => source.extent(0, { encoding: Encoding.lz4 })),
  step('lz4 that lies', (source) => source.lie(BLOCK_BYTES, 2 ** 32 - 1)),
  step('lz4 that is none', (source) => source.lie(BLOCK_BYTES, BLOCK_BYTES)),
  step('zero', (source) => source.zero(0, SIZE_BYTES)),
  step('zero beyond the end', (source) => source.zero(0, 2 ** 40)),
  step('check', (source) => source.check(0, BLOCK_BYTES, 1)),
  step('check with too many digests', (source) => source.check(0, BLOCK_BYTES, 5)),
  step('round end', (source) => source.send('RoundEnd', { round: 1, ...ROUND })),
  step('round end of an older round', (source) => source.send('RoundEnd', { round: 0, ...ROUND })),
  step('commit of another epoch', (source) => source.commit(7)),
  step('released', (source) => source.send('Released', DOWNTIME)),
  step('cancel', (source) => source.send('Cancel', { code: 'E_CANCELLED', reason: 'no\nmore' })),
  step('cancel for no reason of the table', (source) => source.send('Cancel', { code: '__proto__', reason: '' })),
  step('resolve', (source) => source.send('Resolve', { migrationId: source.migrationId, names: ['x'], epochs: [1] })),
  step('offer of nothing new', (source) => source.offer({ attempt: 1 })),
  step('offer by another', (source) => source.offer({ sourceId: 'another' })),
  step('offer of another migration', (source) => source.offer({ migrationId: '/etc/passwd' })),
  step('offer of no size', (source) => source.offer({ images: [{ ...IMAGE, name: source.name, sizeBytes: 0 }] })),
  step('offer of a huge image', (source) =>
    source.offer({ images: [{ ...IMAGE, name: source.name, sizeBytes: 2 ** 46, blockBytes: 2 ** 20 }] }),
  ),
  step('offer out of the folder', (source) => source.offer({ images: [{ ...IMAGE, name: '../outside/precious' }] })),
  step('heartbeat', (source) => source.send('Heartbeat', { sentAtMs: -1e308, echoMs: 1e308 })),
  step('reset of the control channel', (source) => source.hangUp('control')),
  step('reset of the lane', (source) => source.hangUp('lane')),
];

const IMAGE = {
  name: 'x',
  kind: 'disk',
  sizeBytes: SIZE_BYTES,
  blockBytes: BLOCK_BYTES,
  allocatedBytes: 0,
  epoch: 1,
} as const;

const anyFrame = fc
  .tuple(fc.constantFrom('control' as const, 'lane' as const), fc.constantFrom(...ANY_FRAMES), anyDamages(2))
  .map(([to, frame, damages]) => {
    const bytes = damaged(frame, damages);
    return step(`${to} < ${bytes.toString('hex').slice(0, 200)}`, (source) => source.raw(to, bytes));
  });

const anyStep = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(CONNECT, OFFER, PATIENT, LANE, EXTENT, PREPARE, COMMIT) },
  { weight: 6, arbitrary: fc.constantFrom(...OTHERS) },
  { weight: 2, arbitrary: anyFrame },
);

/** As far as a good source goes before it is no more. */
const anyBeginning = fc.constantFrom<readonly Step[]>(
  [],
  [CONNECT, OFFER],
  [CONNECT, OFFER, LANE, EXTENT],
  [CONNECT, PATIENT, LANE, EXTENT],
  [CONNECT, OFFER, LANE, EXTENT, PREPARE],
  [CONNECT, PATIENT, LANE, PREPARE],
  [CONNECT, OFFER, LANE, EXTENT, PREPARE, COMMIT],
);

/** A new agent after so many: what was committed stays open, as it should. */
const INPUTS_AN_AGENT = 150;

export const sourceSequences = fuzzTarget({
  name: 'source-sequences',
  inputs: 100,
  share: 1,
  arbitrary: fc.tuple(anyBeginning, fc.array(anyStep, { maxLength: 6 })),
  expected: ['aborted', 'owner', 'unknown'],
  open: async () => {
    let under: AgentUnderTest = await destinationUnderTest();
    const owned = new Set<string>();
    let count = 0;
    return {
      close: () => under.close(),
      tryOne: async ([beginning, steps]) => {
        count += 1;
        if (count % INPUTS_AN_AGENT === 0) {
          await under.close();
          owned.clear();
          under = await destinationUnderTest();
        }
        const source = new HostileSource(under.agent.listenPort ?? 0, `disk${count}`);
        for (const { act } of [...beginning, ...steps]) await act(source);
        source.refusals();
        source.close();
        const outcome = await source.outcome();
        if (outcome === 'owner') {
          assert(source.hasCommitted, 'it owns what was never committed');
          owned.add(`${source.name}.img`);
        }
        if (source.isTaken) assert.equal(outcome, 'owner', 'it said that it had taken over');
        under.place.assertInOrder();
        const files = readdirSync(under.place.path('images')).filter((name) => !owned.has(name));
        assert(!files.includes(`${source.name}.img`), `a file is left of what ended as ${outcome}`);
        return outcome;
      },
    };
  },
});
