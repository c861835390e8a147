import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger, type OwnershipStore } from '@godwit/agent';
import { LiveImage } from '@godwit/image';
import { type FrameHeaders, Held } from '@godwit/protocol';

import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DestinationImages } from '../images/destinationImages.js';
import { storeWith } from '../testing/records.js';
import { scratchFolder } from '../testing/scratchFolder.js';
import { imagePath } from './admission.js';
import { Copies } from './copies.js';

const SIZE_BYTES = 64 * 1024;
const logger = createLogger('silent');
const scratch = scratchFolder();
let number = 0;

function offerOf(changes: Partial<FrameHeaders['Offer']> = {}): FrameHeaders['Offer'] {
  const image = {
    kind: 'disk' as const,
    sizeBytes: SIZE_BYTES,
    blockBytes: 4096,
    allocatedBytes: SIZE_BYTES,
    epoch: 1,
  };
  return {
    migrationId: 'm1',
    images: ['one', 'two'].map((name) => ({ name, ...image })),
    mode: 'live',
    verify: 'full',
    lanes: 1,
    sourceId: 's1',
    attempt: 1,
    patienceMs: 60_000,
    seed: false,
    workload: '',
    document: '',
    ...changes,
  };
}

async function copiesIn(): Promise<{ dir: string; ownership: OwnershipStore; copies: Copies }> {
  number += 1;
  const [dir, stateDir] = [join(scratch, `images${number}`), join(scratch, `state${number}`)];
  await mkdir(dir);
  const ownership = await storeWith(stateDir, []);
  const copies = new Copies({ dir, stateDir, ownership, images: new DestinationImages(ownership), logger });
  onTestFinished(async () => {
    await copies.close();
    await ownership.close();
  });
  return { dir, ownership, copies };
}

/** Whether another agent could lock the file, as it could not while it is open here. */
function isFree(path: string): boolean {
  const image = LiveImage.open({ name: 'probe', kind: 'disk', blockBytes: 4096, path });
  try {
    image.lock();
    return true;
  } catch {
    return false;
  } finally {
    image.file.closeSync();
  }
}

describe('copies of an offer', () => {
  it('hold nothing at first, and what was acknowledged when the source comes back', async () => {
    const { copies } = await copiesIn();
    const first = await copies.take(offerOf());
    expect(first.map(({ held }) => held)).toEqual([Held.nothing, Held.nothing]);
    const again = await copies.take(offerOf({ attempt: 2 }));
    expect(again).toEqual(first.map(({ copy }) => ({ copy, held: Held.acknowledged })));
  });

  for (const failing of [1, 2]) {
    it(`of which record ${failing} could not be written are open nowhere, and nothing is vouched for at the next try`, async () => {
      const { dir, ownership, copies } = await copiesIn();
      const update = ownership.update.bind(ownership);
      let calls = 0;
      vi.spyOn(ownership, 'update').mockImplementation(async (records) => {
        calls += 1;
        if (calls === failing) throw new Error('the disk is full');
        return update(records);
      });
      await expect(copies.take(offerOf())).rejects.toThrow('the disk is full');
      expect(copies.live(offerOf())).toEqual([]);
      for (const { name } of offerOf().images) {
        const path = imagePath(dir, name);
        expect(!existsSync(path) || isFree(path)).toBe(true);
      }
      const held = (await copies.take(offerOf({ attempt: 2 }))).map((copy) => copy.held);
      expect(held).not.toContain(Held.acknowledged);
      expect(held).not.toContain(Held.survived);
    });
  }

  it('that are given up leave nothing of theirs, and somebody else’s file where it was', async () => {
    const { dir, ownership, copies } = await copiesIn();
    writeFileSync(imagePath(dir, 'two'), Buffer.alloc(SIZE_BYTES, 7));
    const offer = offerOf({ seed: true });
    expect((await copies.take(offer)).map(({ held }) => held)).toEqual([Held.nothing, Held.something]);
    await copies.discard(offer);
    expect(readdirSync(dir)).toEqual(['two.img']);
    expect(readFileSync(imagePath(dir, 'two'))).toEqual(Buffer.alloc(SIZE_BYTES, 7));
    expect(['one', 'two'].map((name) => ownership.get(name)?.role)).toEqual(['aborted', 'aborted']);
  });

  it('whose writing back failed are taken by no other link: what is on disk is not known', async () => {
    const { copies } = await copiesIn();
    await copies.take(offerOf());
    const [image] = copies.live(offerOf());
    if (image === undefined) throw new Error('nothing is open');
    vi.spyOn(image.file, 'sync').mockRejectedValueOnce(new Error('input/output error'));
    await expect(copies.sync()).rejects.toThrow('input/output error');
    await expect(copies.sync()).resolves.toBeUndefined();
    await expect(copies.take(offerOf({ attempt: 2 }))).rejects.toThrow('input/output error');
  });
});
