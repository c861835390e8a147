import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger, type OwnershipStore } from '@godwit/agent';
import { GateState, LiveImage } from '@godwit/image';
import { type FrameHeaders, Held } from '@godwit/protocol';

import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DestinationImages, type ImageTaker } from '../images/destinationImages.js';
import { recordOf, storeWith } from '../testing/records.js';
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

async function copiesIn(taker?: ImageTaker): Promise<{ dir: string; ownership: OwnershipStore; copies: Copies }> {
  number += 1;
  const [dir, stateDir] = [join(scratch, `images${number}`), join(scratch, `state${number}`)];
  await mkdir(dir);
  const ownership = await storeWith(stateDir, []);
  const copies = new Copies({
    dir,
    stateDir,
    ownership,
    images: new DestinationImages(ownership, undefined, taker),
    logger,
  });
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

  it('that come back are where they went until they are owned, also when they are given up', async () => {
    const { dir, ownership, copies } = await copiesIn();
    const location = 'http://there:7401/v1/images/one';
    const images = new DestinationImages(ownership);
    for (const role of ['owner', 'sealed', 'released'] as const) {
      await ownership.update([recordOf(dir, 'one', { role, epoch: 1, ...(role === 'released' ? { location } : {}) })]);
    }
    const expectMoved = () =>
      expect(() => images.bytes('one')).toThrow(
        expect.objectContaining({ code: 'E_MOVED', parameters: { name: 'one', location } }),
      );
    const offer = offerOf({ images: offerOf().images.slice(0, 1) });
    await copies.take(offer);
    expect(ownership.get('one')).toMatchObject({ role: 'incoming', location });
    expectMoved();
    await copies.discard(offer);
    expect(ownership.get('one')).toMatchObject({ role: 'aborted', location });
    expectMoved();
    expect(images.view('one').location).toBe(location);
    const again = { ...offer, migrationId: 'm2' };
    await copies.take(again);
    await copies.record(again, 'prepared');
    const file = copies.live(again)[0]?.file.identity();
    await copies.record(again, 'owner');
    expect(ownership.get('one')).toMatchObject({ role: 'owner', location: '', file });
    expect(() => images.view('two')).toThrow(expect.objectContaining({ code: 'E_NOT_FOUND' }));
  });

  it('are handed over to who takes them, who makes way for them before they are opened', async () => {
    const told: string[] = [];
    const taker = {
      recordFolderOf: (name: string) => join(scratch, 'dirty', name),
      makeWay: async (name: string) => void told.push(`make way for ${name}`),
      expect: ({ name, maps }: LiveImage) => void told.push(`expect ${name}, recorded in ${maps.log?.folder}`),
      dismiss: (name: string) => void told.push(`dismiss ${name}`),
      adopt: ({ name, maps }: LiveImage) => void told.push(`adopt ${name}, ${maps.gate.state === GateState.sealed}`),
    };
    const { ownership, copies } = await copiesIn(taker);
    const offer = offerOf({ images: offerOf().images.slice(0, 1) });
    await copies.take(offer);
    const [image] = copies.live(offer);
    for (const role of ['prepared', 'owner'] as const) await copies.record(offer, role);
    copies.serve(offer);
    const folder = join(scratch, 'dirty', 'one');
    expect(told).toEqual(['make way for one', `expect one, recorded in ${folder}`, 'adopt one, true']);
    expect(image?.maps.gate.state).toBe(GateState.open);
    await image?.close();
    await copies.take(offerOf({ migrationId: 'm2', images: offerOf().images.slice(1) }));
    await copies.close();
    expect(told.at(-1)).toBe('dismiss two');
    expect(ownership.get('two')?.role).toBe('incoming');
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
