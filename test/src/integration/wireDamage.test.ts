import { describe, expect, it } from 'vitest';
import {
  expectMovedWhole,
  expectNothingLeft,
  expectSoundCompletion,
  expectSourceOwns,
} from '../harness/expectations.js';
import { FrameNumber, type FrameVerdict, type FrameWatcher, type TappedFrame } from '../harness/frameTap.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { migrate, migrateCompletely } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';

const SIZE_BYTES = 16 * 1024 * 1024;

interface WatchedPair extends Pair {
  readonly address: string;
}

async function watchedPair(stage: Stage, watch: FrameWatcher): Promise<WatchedPair> {
  const pair = await pairOf(stage, (path) => makeRandomImage(path, SIZE_BYTES));
  const proxy = await stage.proxy({ targetPort: pair.destination.plan.port ?? 0, watch });
  return { ...pair, address: proxy.address };
}

/** Flips one bit in the payload of extents for as long as `wanted` says so. */
function flipper(wanted: () => boolean): FrameWatcher {
  return ({ type, payload }: TappedFrame): FrameVerdict => {
    if (type === FrameNumber.Extent && payload.length > 100 && wanted()) payload[50] = (payload[50] ?? 0) ^ 0x10;
    return 'pass';
  };
}

describe('bytes damaged on the way', () => {
  it('are refused before they are written, sent again and counted', async () => {
    const stage = stageForTest();
    let left = 3;
    let refusals = 0;
    const flip = flipper(() => left-- > 0);
    const watch: FrameWatcher = (frame) => {
      if (frame.type === FrameNumber.Nack) refusals++;
      return flip(frame);
    };
    const { source, destination, path, address } = await watchedPair(stage, watch);
    const view = await migrateCompletely(source.api, { images: [DISK], destination: address });
    expectSoundCompletion(view);
    expect(refusals).toBe(3);
    expect(view.progress.resent).toBeGreaterThan(0);
    expect(view.verified?.mismatches).toBe(0);
    await expectMovedWhole(source, destination, path);
  });

  it('without end fail the migration, and the source goes on', async () => {
    const stage = stageForTest();
    const { source, destination, address } = await watchedPair(
      stage,
      flipper(() => true),
    );
    const view = await migrate(source.api, { images: [DISK], destination: address });
    expect(view.state).toBe('failed');
    expect(view.error?.code).toMatch(/^E_(MISMATCH_LIMIT|NO_CONVERGE)$/);
    await expectSourceOwns(source);
    await expectNothingLeft(destination);
  });

  const headers: readonly (readonly [string, keyof typeof FrameNumber])[] = [
    ['an extent', 'Extent'],
    ['the offer', 'Offer'],
    ['an acknowledgement', 'Ack'],
    ['the end of a round', 'RoundEnd'],
  ];
  for (const [what, name] of headers) {
    it(`in the header of ${what} end the migration with a named error`, async () => {
      const { pair } = await failByDamage(name);
      await expectNothingLeft(pair.destination);
    });
  }

  it('in what says that the destination prepared end it too, and a second migration works', async () => {
    // The destination is PREPARED and may not forget on its own; the next offer shows that nobody sealed.
    const { pair, address } = await failByDamage('Prepared');
    await migrateCompletely(pair.source.api, { images: [DISK], destination: address });
    await expectMovedWhole(pair.source, pair.destination, pair.path);
  });
});

/** Damages the first header of that kind, and expects a named error and a source that goes on. */
async function failByDamage(name: keyof typeof FrameNumber): Promise<{ pair: Pair; address: string }> {
  const stage = stageForTest();
  let damaged = false;
  const pair = await watchedPair(stage, ({ type, header }) => {
    if (type !== FrameNumber[name] || damaged || header.length === 0) return 'pass';
    damaged = true;
    // Wire type 7 does not exist, so no decoder can take this for a header.
    header.fill(0xff);
    return 'pass';
  });
  const view = await migrate(pair.source.api, { images: [DISK], destination: pair.address });
  expect(damaged).toBe(true);
  expect(view.state).toBe('failed');
  expect(view.error?.code).toMatch(/^E_(DAMAGED|LANE_LOST|PEER_LOST)$/);
  await expectSourceOwns(pair.source);
  return { pair, address: pair.address };
}
