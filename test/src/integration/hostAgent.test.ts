import { describe, expect, it } from 'vitest';
import { expectOneOwner, expectWritten, hop, hosts, openAt } from '../harness/hosts.js';
import { keepCopy, makeMixedImage } from '../harness/imageFiles.js';
import { DISK } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 16 * MEBIBYTE + 4321;

describe('agents with both roles', () => {
  it('pass an image round under writers, twice, and none of them is restarted', async () => {
    const stage = stageForTest();
    const all = await hosts(stage, 3);
    const [one, two, three] = all;
    if (one === undefined || two === undefined || three === undefined) throw new Error('three hosts are needed');
    const path = await openAt(one, (at) => makeMixedImage(at, SIZE_BYTES));
    const initial = keepCopy(path, stage.path('initial'));
    const oracle = stage.writers({
      seed: 1,
      url: one.api.imageUrl(DISK),
      sizeBytes: SIZE_BYTES,
      rateBytesPerSec: MEBIBYTE,
      hot: { share: 0.95, bytes: MEBIBYTE },
      zeroShare: 0.05,
      discardShare: 0.05,
    });
    const wireBytes: number[] = [];
    const round = [one, two, three, one, two, three, one];
    const pids = all.map(({ pid }) => pid);
    for (const [index, from] of round.slice(0, -1).entries()) {
      const to = round[index + 1] ?? one;
      oracle.start();
      await oracle.acknowledged(20);
      const view = await hop(from, to);
      wireBytes.push(view.progress.wireBytes);
      await oracle.acknowledged(20);
      await oracle.stop();
      await expectWritten(oracle, initial, to);
      await expectOneOwner(all, to);
      expect((await to.api.image(DISK)).owner.epoch).toBe(index + 2);
      expect(oracle.url).toBe(to.api.imageUrl(DISK));
    }
    expect(all.map(({ pid, process }) => process.end ?? pid)).toEqual(pids);
    // The first two have nothing to begin with; all others what was written since.
    for (const bytes of wireBytes.slice(0, 2)) expect(bytes).toBeGreaterThan(SIZE_BYTES * 0.4);
    for (const bytes of wireBytes.slice(2)) expect(bytes).toBeLessThan(SIZE_BYTES * 0.4);
  });
});
