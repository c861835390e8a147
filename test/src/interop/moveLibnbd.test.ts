import { existsSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { until } from '../harness/condition.js';
import { expectOwnedBy } from '../harness/expectations.js';
import { run, runWell } from '../harness/foreignCommand.js';
import { Hold } from '../harness/hold.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { untilState } from '../harness/moving.js';
import { DISK } from '../harness/pair.js';
import { sparseDigestOf } from '../harness/sparseFile.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { bytesWrittenTo } from './exportCounts.js';
import { dirtyByNbdinfo } from './mapping.js';
import { movingPair, requestOf } from './movingPair.js';
import { qemuIo } from './qemuIo.js';
import { wander } from './wanderer.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 32 * MEBIBYTE;
const BITMAP = 'qemu:dirty-bitmap:godwit';

function stageWithLibnbd(context: TestContext): Stage {
  for (const tool of ['nbdsh', 'nbdinfo', 'nbdcopy']) requireTool(context, tool);
  return stageForTest();
}

const image = (path: string): void => makeRandomImage(path, SIZE_BYTES, 91);

describe('a client of libnbd that finds its way itself', () => {
  it.for([
    ['TCP', 'eshutdown'],
    ['unix', 'eshutdown'],
    ['unix', 'disconnect'],
  ] as const)(
    'loses no acknowledged write over %s, and leaves none that met %s',
    async ([transport, farewell], context) => {
      const stage = stageWithLibnbd(context);
      const pair = await movingPair(stage, image, {
        // Small blocks: one that was not seen to be written is seldom saved by a later write beside it.
        imageOptions: ',block=4K',
        source: { args: ['--nbd-farewell', farewell] },
      });
      const [everywhere, atSource, copy] = [stage.path('everywhere'), stage.path('at-source'), stage.path('copy')];
      const { source, destination, path } = pair;
      const uris = { source: source.uri(DISK, transport), destination: destination.uri(DISK, transport) };
      const ledger = { image: path, everywhere, atSource };
      const wandering = wander({ seed: transport === 'TCP' ? 92 : 93, ...uris, ...ledger, enough: 2000 });
      const written = async (bytes: number): Promise<void> => {
        const before = await bytesWrittenTo(source.api);
        await until(`${bytes} more written`, async () => (await bytesWrittenTo(source.api)) >= before + bytes);
      };
      await written(MEBIBYTE);
      // The pause may be long: on a busy machine this client writes faster than anything could be sent.
      const wish = { cutover: 'manual', downtimeLimitMs: 5000 } as const;
      const id = await source.api.startMigration(requestOf(pair, wish));
      await untilState(source.api, id, 'pre-switchover');
      // All has been sent once: what comes now arrives only if it is seen.
      await written(MEBIBYTE);
      await source.api.cutover(id);
      await untilState(source.api, id, 'completed');
      const report = await wandering;
      expect(report.failed).toEqual([]);
      expect(report.acknowledgedAtSource).toBeGreaterThan(300);
      expect(report.acknowledgedAtDestination).toBeGreaterThanOrEqual(2000);
      // The switch comes while eight are in flight.
      if (farewell === 'eshutdown') expect(report.refused).toBeGreaterThan(0);
      else expect(report).toMatchObject({ refused: 0, unanswered: expect.toSatisfy((count: number) => count > 0) });
      await expectOwnedBy(destination.agent, source.agent);
      await runWell('nbdcopy', [uris.destination, copy]);
      await runWell('cmp', [copy, everywhere]);
      // The source's file stands still since the switch: what it acknowledged, and nothing of what it did not.
      await runWell('cmp', [path, atSource]);
    },
  );
});

describe('an export at the destination', () => {
  it('is unknown before the takeover, and there from then on, whole', async (context) => {
    const stage = stageWithLibnbd(context);
    const hold = new Hold(stage, 'dest.before-owner');
    const pair = await movingPair(stage, image, { destination: { env: hold.env } });
    const { source, destination, path } = pair;
    const digest = sparseDigestOf(path);
    const uri = destination.uri(DISK);
    const unknown = async (): Promise<void> => {
      const { code, stderr } = await run('nbdinfo', ['--size', uri]);
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(`no export named '${DISK}'`) });
      expect(await runWell('nbdinfo', ['--list', '--json', `nbd://127.0.0.1:${destination.port}`])).not.toContain(DISK);
    };
    await unknown();
    const id = await source.api.startMigration(requestOf(pair));
    await hold.reached(source.agent, id);
    // Every byte is there, and nobody may see one.
    await unknown();
    hold.release();
    await untilState(source.api, id, 'completed');
    expect((await runWell('nbdinfo', ['--size', uri])).trim()).toBe(String(SIZE_BYTES));
    await runWell('nbdcopy', [uri, stage.path('copy')]);
    expect(sparseDigestOf(stage.path('copy'))).toBe(digest);
  });

  it('lets whoever asks wait for it with --nbd-wait, and shows nothing before it is whole', async (context) => {
    const stage = stageWithLibnbd(context);
    const hold = new Hold(stage, 'dest.before-owner');
    const pair = await movingPair(stage, image, { destination: { env: hold.env, args: ['--nbd-wait'] } });
    const { source, destination, path } = pair;
    const digest = sparseDigestOf(path);
    const uri = destination.uri(DISK);
    let answered = 0;
    const asked = runWell('nbdinfo', ['--size', uri]).finally(() => answered++);
    const copied = runWell('nbdcopy', [uri, stage.path('copy')]).finally(() => answered++);
    const id = await source.api.startMigration(requestOf(pair));
    await hold.reached(source.agent, id);
    expect(answered).toBe(0);
    expect(existsSync(destination.agent.imagePath(DISK))).toBe(true);
    hold.release();
    expect((await asked).trim()).toBe(String(SIZE_BYTES));
    await copied;
    expect(sparseDigestOf(stage.path('copy'))).toBe(digest);
    await untilState(source.api, id, 'completed');
  });

  it('is tracked from the first write on', async (context) => {
    const stage = stageWithLibnbd(context);
    requireTool(context, 'qemu-io');
    const pair = await movingPair(stage, image);
    const { source, destination } = pair;
    await qemuIo(source.uri(DISK), ['write -P 1 2M 64k']);
    await untilState(source.api, await source.api.startMigration(requestOf(pair)), 'completed');
    const uri = destination.uri(DISK);
    expect(await dirtyByNbdinfo(uri, BITMAP)).toEqual([]);
    await qemuIo(uri, ['read -P 1 2M 64k', 'write -P 2 5M 4k', `write -P 3 ${SIZE_BYTES - 1} 1`]);
    const dirty = [5 * MEBIBYTE, SIZE_BYTES - 65_536].map((offset) => ({ offset, length: 65_536 }));
    expect(await dirtyByNbdinfo(uri, BITMAP)).toEqual(dirty);
  });
});
