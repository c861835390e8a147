import { renameSync, symlinkSync } from 'node:fs';
import { describe, it, type TestContext } from 'vitest';
import { expectOwnedBy } from '../harness/expectations.js';
import { makeMixedImage } from '../harness/imageFiles.js';
import { DISK } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { nbdNode, StorageDaemon } from '../harness/storageDaemon.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { expectAllArrived, moveUnderFio, STRETCH_BYTES } from './movingFio.js';
import { FollowingProxy, type MovingPair, movingPair } from './movingPair.js';
import { type Place, TRANSPORTS } from './nbdServer.js';

const SIZE_BYTES = 2 * STRETCH_BYTES + 16 * 1024 * 1024;
/** Seconds for which QEMU keeps requests and tries to connect again. */
const RECONNECT = { 'reconnect-delay': 30 };

function stageWithQemu(context: TestContext): Stage {
  for (const tool of ['fio', 'qemu-storage-daemon']) requireTool(context, tool);
  return stageForTest();
}

function pairFor(stage: Stage, ...args: readonly string[]): Promise<MovingPair> {
  return movingPair(stage, (path) => makeMixedImage(path, SIZE_BYTES, 81), { source: { args } });
}

/** fio writes to a QEMU whose disk is an NBD server that serves the pair's image; it is moved meanwhile, and `afterwards` comes after that. */
async function expectQemuFollows(stage: Stage, pair: MovingPair, place: Place, afterwards: () => void): Promise<void> {
  const qemu = await StorageDaemon.start(stage, [nbdNode('disk', DISK, place, RECONNECT)]);
  const moved = await moveUnderFio(qemu.uri, pair, 82);
  afterwards();
  await expectAllArrived(moved, pair.destination);
  await expectOwnedBy(pair.destination.agent, pair.source.agent);
}

describe('QEMU with reconnect-delay', () => {
  it.for(TRANSPORTS)('goes through a move by the proxy over %s', async (transport, context) => {
    const stage = stageWithQemu(context);
    const pair = await pairFor(stage);
    const proxy = await FollowingProxy.start(stage, pair, transport);
    await expectQemuFollows(stage, pair, proxy.place, () => undefined);
  });

  it('goes through a move without a proxy, when its socket leads to the destination from the takeover on', async (context) => {
    const stage = stageWithQemu(context);
    const pair = await pairFor(stage, '--nbd-farewell', 'disconnect');
    const path = stage.path('disk.sock');
    symlinkSync(pair.source.socketPath, path);
    await expectQemuFollows(stage, pair, { path }, () => {
      symlinkSync(pair.destination.socketPath, `${path}.new`);
      renameSync(`${path}.new`, path);
    });
  });
});
