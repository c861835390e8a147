import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { expectOneOwner, expectWritten, hop, openAt } from '../harness/hosts.js';
import { keepCopy, makeMixedImage, makeRandomImage } from '../harness/imageFiles.js';
import { DISK } from '../harness/pair.js';
import { freePort } from '../harness/ports.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { followedTarget } from './followedTarget.js';
import { FollowingProxy } from './movingPair.js';
import { NbdServer } from './nbdServer.js';
import { RawClient } from './rawClient.js';
import { COMMAND, request } from './wire.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 16 * MEBIBYTE;
const WRITERS = 3;

async function servingHost(stage: Stage): Promise<NbdServer> {
  const port = await freePort();
  const path = stage.path(`host-${port}.sock`);
  return new NbdServer(await stage.host({ args: ['--nbd', `127.0.0.1:${port}`, '--nbd-unix', path] }), port, path);
}

describe('agents with both roles that serve NBD', () => {
  it.each(['TCP', 'unix'] as const)(
    'keep clients of the proxy through three moves and back again over %s',
    async (transport) => {
      const stage = stageForTest();
      const [one, two, three] = [await servingHost(stage), await servingHost(stage), await servingHost(stage)];
      const path = await openAt(one.agent, (at) => makeMixedImage(at, SIZE_BYTES, 3));
      const initial = keepCopy(path, stage.path('initial'));
      const proxy = await FollowingProxy.start(stage, [one, two, three], transport);
      const target = await followedTarget(stage, proxy.place, DISK, WRITERS);
      const oracle = stage.writers({
        seed: 5,
        url: one.api.imageUrl(DISK),
        sizeBytes: SIZE_BYTES,
        writers: WRITERS,
        rateBytesPerSec: MEBIBYTE,
        zeroShare: 0.05,
        discardShare: 0.05,
        shortestWriteBytes: 1,
        target,
      });
      const round = [one, two, three, one, two];
      for (const [index, from] of round.slice(0, -1).entries()) {
        const to = round[index + 1] ?? one;
        oracle.start();
        await oracle.acknowledged(20);
        await hop(from.agent, to.agent);
        await oracle.acknowledged(20);
        await oracle.stop();
        await expectWritten(oracle, initial, to.agent);
        await expectOneOwner([one.agent, two.agent, three.agent], to.agent);
      }
    },
  );

  it('take an image back while clients that saw it leave are connected, one of which reads no answers', async () => {
    const stage = stageForTest();
    const [one, two] = [await servingHost(stage), await servingHost(stage)];
    await openAt(one.agent, (at) => makeRandomImage(at, SIZE_BYTES, 4));
    const place = one.place('TCP');
    const idle = await RawClient.attach(stage, place, DISK);
    const deaf = await RawClient.attach(stage, place, DISK);
    for (let cookie = 0; cookie < 8; cookie++) {
      deaf.send(request({ command: COMMAND.read, cookie, offset: cookie * MEBIBYTE, length: MEBIBYTE }));
    }
    await hop(one.agent, two.agent);
    await hop(two.agent, one.agent);
    await idle.ended;
    const next = await RawClient.attach(stage, place, DISK);
    expect((await next.call({ command: COMMAND.write, payload: Buffer.from('home again') })).errno).toBe(0);
    expect((await one.api.read(DISK, 0, 10)).toString()).toBe('home again');
    // Once more, by those who came after it arrived.
    await hop(one.agent, two.agent);
    await next.ended;
    await until('its owner to serve it', async () => (await two.api.image(DISK)).owner.role === 'owner');
    expect((await two.api.read(DISK, 0, 10)).toString()).toBe('home again');
  });
});
