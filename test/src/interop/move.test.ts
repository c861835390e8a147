import { describe, expect, it, type TestContext } from 'vitest';
import { expectOwnedBy, expectSoundCompletion } from '../harness/expectations.js';
import { makeMixedImage } from '../harness/imageFiles.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { expectAllArrived, fioVerifyOnly, moveUnderFio, STRETCH_BYTES } from './movingFio.js';
import { FollowingProxy, movingPair } from './movingPair.js';
import { TRANSPORTS } from './nbdServer.js';

/** Room for both of fio's stretches, and some that nobody writes; no multiple of a block. */
const SIZE_BYTES = 2 * STRETCH_BYTES + 16 * 1024 * 1024 + 512;

function stageWithFio(context: TestContext): Stage {
  requireTool(context, 'fio');
  return stageForTest();
}

const bigImage = (path: string): void => makeMixedImage(path, SIZE_BYTES, 61);

describe('fio on four connections, through the proxy', () => {
  it.for(TRANSPORTS)('writes through a move over %s and never sees it', async (transport, context) => {
    const stage = stageWithFio(context);
    const pair = await movingPair(stage, bigImage);
    const proxy = await FollowingProxy.start(stage, pair, transport);
    const moved = await moveUnderFio(proxy.uri, pair, transport === 'TCP' ? 62 : 63);
    const longestMs = await expectAllArrived(moved, pair.destination);
    expectSoundCompletion(moved.view);
    await expectOwnedBy(pair.destination.agent, pair.source.agent);
    const pauseMs = moved.view.downtime?.totalMs ?? 0;
    console.info(`${transport}: longest write ${longestMs.toFixed(1)} ms, pause ${pauseMs.toFixed(1)} ms`);
  });

  it('goes on when the source is killed after the switch', async (context) => {
    const stage = stageWithFio(context);
    const pair = await movingPair(stage, bigImage);
    const proxy = await FollowingProxy.start(stage, pair, 'TCP');
    const moved = await moveUnderFio(proxy.uri, pair, 64);
    await pair.source.agent.kill();
    await expectAllArrived(moved, pair.destination);
    // A client that comes when the source is long dead finds its way too.
    for (const work of moved.works) expect(await fioVerifyOnly(proxy.uri, work)).toMatchObject({ errors: 0 });
  });
});
