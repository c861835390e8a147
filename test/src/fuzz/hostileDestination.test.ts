import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFrame, LIMITS } from '../../../packages/protocol/dist/index.js';
import { forgeChecked } from '../../../packages/protocol/dist/testing/forge.js';
import type { Mischief } from './hostileDestination.js';
import { SourceUnderAttack } from './movedBy.js';

let attacked: SourceUnderAttack;
beforeAll(async () => {
  attacked = await SourceUnderAttack.open();
});
afterAll(() => attacked.close());

const PATIENCE_MS = 60_000;
const TAKEN = encodeFrame('Taken', { durationMs: 1, epochs: [2] });

/** Sends these in the place of each answer to a frame of that type. */
function insteadOf(type: string, ...send: readonly Uint8Array[]): Mischief {
  return (_, frame) => (frame.type === type ? { send } : undefined);
}

const ACCEPT = {
  sessionKey: 'k',
  lanes: 1,
  apiHost: '',
  apiPort: 9,
  apiScheme: 'http',
  copies: [{ copy: 'c', held: 1 }],
  workload: '',
};

describe('a destination that', () => {
  // With patience: what is well-formed and wrong is no lost link, and ends the migration for good.
  const lies: readonly (readonly [string, string, Mischief])[] = [
    ['claims TAKEN where PREPARED belongs', 'E_PROTOCOL', insteadOf('Prepare', TAKEN)],
    ['claims TAKEN as it is offered the image', 'E_PROTOCOL', insteadOf('Offer', encodeFrame('Accept', ACCEPT), TAKEN)],
    ['claims TAKEN at the end of a round', 'E_PROTOCOL', insteadOf('RoundEnd', TAKEN)],
    ['acknowledges what was never sent', 'E_PROTOCOL', insteadOf('Extent', encodeFrame('Ack', { seq: 900 }))],
    [
      'refuses what was never sent',
      'E_PROTOCOL',
      insteadOf('Extent', encodeFrame('Nack', { seq: 900, code: 'E_HASH' })),
    ],
    [
      'judges what was never sent',
      'E_PROTOCOL',
      insteadOf('Check', encodeFrame('CheckResult', { seq: 900, blocks: [1] })),
    ],
    ['accepts twice', 'E_PROTOCOL', insteadOf('Offer', encodeFrame('Accept', ACCEPT), encodeFrame('Accept', ACCEPT))],
    [
      'offers an image in turn',
      'E_PROTOCOL',
      insteadOf('RoundEnd', forgeChecked('Prepare', { verifiedBlocks: 1, verifiedBytes: 1, mismatches: 0 })),
    ],
    [
      'serves at no address',
      'E_PROTOCOL',
      insteadOf('Offer', encodeFrame('Accept', { ...ACCEPT, apiHost: 'evil\r\nx: y' })),
    ],
    [
      'serves by another scheme',
      'E_PROTOCOL',
      insteadOf('Offer', encodeFrame('Accept', { ...ACCEPT, apiScheme: 'file' })),
    ],
    [
      'opens more lanes than there are',
      'E_PROTOCOL',
      insteadOf('Offer', forgeChecked('Accept', { ...ACCEPT, lanes: LIMITS.lanes + 1 })),
    ],
    [
      'says a code that nobody knows',
      'E_PEER',
      insteadOf('Offer', encodeFrame('Failure', { code: '__proto__', message: 'x', detail: '' })),
    ],
  ];
  for (const [what, code, mischief] of lies) {
    it(`${what}: ${code}, and the source goes on`, async () => {
      const view = await attacked.move(mischief, { patienceMs: PATIENCE_MS });
      expect([view.state, view.error?.code]).toEqual(['failed', code]);
    });
  }

  it('claims TAKEN behind PREPARED, before COMMIT can have come: E_PROTOCOL', async () => {
    const both = Buffer.concat([encodeFrame('Prepared', { durationMs: 1 }), TAKEN]);
    const view = await attacked.move(insteadOf('Prepare', both), { patienceMs: PATIENCE_MS });
    expect([view.state, view.error?.code]).toEqual(['failed', 'E_PROTOCOL']);
  });

  it('refuses every byte: E_MISMATCH_LIMIT or E_NO_CONVERGE', async () => {
    const mischief: Mischief = (_, frame, answer) =>
      frame.type === 'Extent'
        ? { send: [encodeFrame('Nack', { seq: frame.header.seq, code: 'E_HASH' }), answer] }
        : undefined;
    const view = await attacked.move(mischief, { timeoutMs: 1500 });
    expect(view.state).toBe('failed');
    expect(view.error?.code).toMatch(/^E_(MISMATCH_LIMIT|NO_CONVERGE|TIMEOUT)$/);
  });

  it('finds every block different: E_MISMATCH_LIMIT or E_NO_CONVERGE', async () => {
    const mischief: Mischief = (_, frame, answer) =>
      frame.type === 'Check'
        ? { send: [encodeFrame('CheckResult', { seq: frame.header.seq, blocks: [0] }), answer] }
        : undefined;
    const view = await attacked.move(mischief, { timeoutMs: 1500 });
    expect(view.state).toBe('failed');
    expect(view.error?.code).toMatch(/^E_(MISMATCH_LIMIT|NO_CONVERGE|TIMEOUT)$/);
  });

  it('names blocks that a check did not have is not listened to', async () => {
    const blocks = [7, 200, 2 ** 32 - 1];
    const mischief: Mischief = (_, frame, answer) =>
      frame.type === 'Check'
        ? { send: [encodeFrame('CheckResult', { seq: frame.header.seq, blocks }), answer] }
        : undefined;
    expect((await attacked.move(mischief)).state).toBe('completed');
  });
});

describe('bytes that cannot be read', () => {
  const garbage = Buffer.alloc(30, 0xee);
  const turnedIn = (answer: Buffer): Buffer => {
    const copy = Buffer.from(answer);
    copy[9] = (copy[9] ?? 0) ^ 0x10;
    return copy;
  };

  for (const type of ['Extent', 'RoundEnd', 'Check', 'Offer', 'Prepare'] as const) {
    it(`in the answer to ${type}, once, make the link anew, and the move goes on`, async () => {
      let damages = 0;
      const mischief: Mischief = (_, frame, answer) =>
        frame.type === type && damages++ === 0 ? { send: [turnedIn(answer)] } : undefined;
      const view = await attacked.move(mischief, { patienceMs: PATIENCE_MS });
      expect([view.state, damages > 0]).toEqual(['completed', true]);
    });
  }

  it('on every link end it once LIMITS.damagedLinks were made anew: E_PROTOCOL, and the source goes on', async () => {
    let damages = 0;
    const mischief: Mischief = (_, frame) => {
      if (frame.type !== 'Extent') return undefined;
      damages += 1;
      return { send: [garbage] };
    };
    const view = await attacked.move(mischief, { patienceMs: PATIENCE_MS, timeoutMs: 60_000 });
    expect([view.state, view.error?.code]).toEqual(['failed', 'E_PROTOCOL']);
    expect(view.error?.message).toContain(`bytes were damaged on ${LIMITS.damagedLinks + 1} links`);
    expect(damages).toBeGreaterThan(LIMITS.damagedLinks);
  }, 60_000);

  it('end it at once without patience', async () => {
    const view = await attacked.move(insteadOf('Extent', garbage));
    expect([view.state, view.error?.code]).toEqual(['failed', 'E_DAMAGED']);
  });
});
