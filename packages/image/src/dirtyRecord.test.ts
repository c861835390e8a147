import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkpointPath, type DirtyLog, logPath } from './dirtyLog.js';
import { DirtyRecord, type Recovered } from './dirtyRecord.js';
import { LiveImage } from './liveImage.js';
import { randomFrom } from './testing/random.js';
import { scratchFolder } from './testing/scratch.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());
let number = 0;

interface Place {
  readonly image: LiveImage;
  readonly folder: string;
}

function open(path: string, folder: string, blockBytes: number): LiveImage {
  return LiveImage.open({ name: 'disk', path, kind: 'disk', blockBytes, recordFolder: folder });
}

function place(blocks: number, blockBytes: number): Place {
  number += 1;
  const path = scratch.path(`disk${number}`);
  writeFileSync(path, '');
  truncateSync(path, blocks * blockBytes - 100);
  const folder = scratch.path(`record${number}`);
  return { image: open(path, folder, blockBytes), folder };
}

async function begin({ image }: Place): Promise<DirtyRecord> {
  return DirtyRecord.begin(image, logOf(image));
}

function logOf(image: LiveImage): DirtyLog {
  if (image.maps.log === undefined) throw new Error('no log');
  return image.maps.log;
}

/** What a new life finds after this one was killed now: a copy of the files, and the same image opened anew. */
async function reborn({ image, folder }: Place): Promise<{ image: LiveImage; recovered: Recovered }> {
  const copied = `${folder}-${++number}`;
  cpSync(folder, copied, { recursive: true, preserveTimestamps: true });
  const again = open(image.file.path, copied, image.blockBytes);
  const { record, recovered } = await DirtyRecord.resume(again, logOf(again));
  await record.leave();
  return { image: again, recovered };
}

const dirtyBlocks = ({ maps }: LiveImage) =>
  Array.from({ length: maps.blocks }, (_, block) => block).filter((block) => maps.dirty.has(block));

/** Of the checkpoint in that file. */
function sequenceOf(path: string): number {
  return Number(/"sequence":(\d+)/.exec(readFileSync(path, 'latin1'))?.[1] ?? -1);
}

describe('a record of what is written', () => {
  it('has a write before the writer is told', async () => {
    const here = place(64, 65536);
    const record = await begin(here);
    await record.knows('copy');
    await here.image.write(3 * 65536 + 5, Buffer.from('x'));
    const { image, recovered } = await reborn(here);
    expect(recovered).toEqual({ about: 'copy' });
    expect(dirtyBlocks(image)).toEqual([3]);
    await record.end();
  });

  it('whose newest checkpoint is damaged is not taken for the one before, which lacks what the emptied log had', async () => {
    const here = place(64, 65536);
    const record = await begin(here);
    await record.knows('copy');
    await here.image.write(5 * 65536, Buffer.from('x'));
    await record.checkpoint();
    const newest = [0, 1]
      .map((parity) => checkpointPath(here.folder, parity))
      .sort((one, other) => sequenceOf(other) - sequenceOf(one))[0];
    if (newest === undefined) throw new Error('no checkpoint');
    const bytes = readFileSync(newest);
    bytes[4096] = (bytes[4096] ?? 0) ^ 4;
    writeFileSync(newest, bytes);
    const { recovered } = await reborn(here);
    expect(recovered).toEqual({ about: '', doubt: 'the record of what was written is damaged' });
    await record.end();
  });

  it('has a group whose byte in the log was damaged', async () => {
    const here = place(64, 65536);
    const record = await begin(here);
    await record.knows('copy');
    await here.image.write(9 * 65536, Buffer.from('x'));
    for (const parity of [0, 1]) {
      const log = readFileSync(logPath(here.folder, parity));
      writeFileSync(
        logPath(here.folder, parity),
        log.map((byte) => (byte === 0 ? 0 : byte ^ 0x20)),
      );
    }
    expect(dirtyBlocks((await reborn(here)).image)).toEqual([9]);
    for (const parity of [0, 1]) truncateSync(logPath(here.folder, parity), 3);
    expect((await reborn(here)).recovered).toMatchObject({ about: '', doubt: 'a log of what was written is damaged' });
    await record.end();
  });

  it('has a write before the first byte of it is in the file', async () => {
    const here = place(64, 65536);
    const record = await begin(here);
    await record.knows('copy');
    here.image.maps.willChange(7 * 65536, 2 * 65536);
    expect(dirtyBlocks((await reborn(here)).image)).toEqual([7, 8]);
    await record.end();
  });

  it('forgets what has arrived, at the next checkpoint', async () => {
    const here = place(64, 65536);
    const record = await begin(here);
    await here.image.write(0, Buffer.alloc(65536));
    here.image.maps.dirty.clearRange(0, 1);
    await record.knows('copy');
    await record.checkpoint();
    expect(dirtyBlocks((await reborn(here)).image)).toEqual([]);
    await record.end();
  });

  it('keeps small blocks by groups of 64 KiB', async () => {
    const here = place(64, 4096);
    const record = await begin(here);
    await record.knows('copy');
    await here.image.write(20 * 4096, Buffer.from('x'));
    expect(dirtyBlocks((await reborn(here)).image)).toEqual(Array.from({ length: 16 }, (_, index) => 16 + index));
    await record.end();
  });

  it('writes a group down once between two checkpoints', async () => {
    const here = place(64, 65536);
    const record = await begin(here);
    await record.knows('copy');
    logOf(here.image).takeNoted();
    for (let write = 0; write < 10; write++) await here.image.write(write, Buffer.from('x'));
    expect(logOf(here.image).takeNoted()).toBe(1);
    await record.end();
  });

  it('leaves nothing when it ends, and nobody logs any more', async () => {
    const here = place(64, 65536);
    const record = await begin(here);
    await record.end();
    await here.image.write(0, Buffer.from('x'));
    expect(existsSync(here.folder)).toBe(false);
    expect(logOf(here.image).isBroken).toBe(false);
  });

  it('does not say what is known by the end of a checkpoint of bits that were read before', async () => {
    const here = place(64, 65536);
    const record = await begin(here);
    const turn = here.image.maps.gate.tryEnter();
    if (turn === -1) throw new Error('the gate is shut');
    const first = record.checkpoint();
    await new Promise((resolve) => setImmediate(resolve));
    // It waits for whoever is inside; its bits are read behind that.
    const second = record.knows('copy');
    here.image.maps.gate.leave(turn);
    await first;
    expect((await reborn(here)).recovered).toMatchObject({ about: '' });
    await second;
    expect((await reborn(here)).recovered).toEqual({ about: 'copy' });
    await record.end();
  });

  it('that ends is not believed from the moment on from which writes are not recorded', async () => {
    const here = place(64, 65536);
    const record = await begin(here);
    await record.knows('copy');
    const turn = here.image.maps.gate.tryEnter();
    if (turn === -1) throw new Error('the gate is shut');
    const ending = record.end();
    await here.image.write(0, Buffer.from('unrecorded'));
    expect((await reborn(here)).recovered).toMatchObject({ about: '' });
    here.image.maps.gate.leave(turn);
    await ending;
  });

  it('that cannot be written does not fail the write, and a new life compares', async () => {
    const here = place(64, 65536);
    const record = await begin(here);
    await record.knows('copy');
    logOf(here.image).close();
    for (const parity of [0, 1]) {
      rmSync(logPath(here.folder, parity));
      mkdirSync(logPath(here.folder, parity));
    }
    await here.image.write(0, Buffer.from('x'));
    expect(record.isSound).toBe(false);
    expect(readdirSync(here.folder)).not.toContain('checkpoint.0');
    await record.checkpoint();
    expect((await reborn(here)).recovered).toMatchObject({ about: '' });
    await record.end();
  });

  it('in a folder that cannot be made is none, and nothing fails', async () => {
    const { image } = place(64, 65536);
    const here = { image: open(image.file.path, join(image.file.path, 'in a file'), 65536), folder: '' };
    const record = await begin(here);
    expect(record.isSound).toBe(false);
    await record.knows('copy');
    await here.image.write(0, Buffer.from('x'));
    await record.end();
  });
});

describe('a record is not believed', () => {
  const doubts: Record<string, (here: Place) => void> = {
    'before it says what it is about': () => undefined,
    'when the file was changed after the agent was last alive': ({ image }) => {
      const later = new Date(Date.now() + 10_000);
      utimesSync(image.file.path, later, later);
    },
    'when a checkpoint is damaged and the other is gone': ({ folder }) => {
      rmSync(checkpointPath(folder, 0), { force: true });
      writeFileSync(checkpointPath(folder, 1), Buffer.alloc(8192, 7));
    },
    'when no checkpoint is there': ({ folder }) => {
      for (const parity of [0, 1]) rmSync(checkpointPath(folder, parity), { force: true });
    },
    'without a sign of life': ({ folder }) => rmSync(join(folder, 'alive')),
  };
  for (const [name, spoil] of Object.entries(doubts)) {
    it(name, async () => {
      const here = place(64, 65536);
      const record = await begin(here);
      if (name.startsWith('before')) await record.checkpoint();
      else await record.knows('copy');
      spoil(here);
      expect((await reborn(here)).recovered).toMatchObject({ about: '', doubt: expect.any(String) });
      await record.end();
    });
  }

  it('for another file or another size', async () => {
    const here = place(64, 65536);
    const record = await begin(here);
    await record.knows('copy');
    const other = place(64, 65536);
    cpSync(here.folder, other.folder, { recursive: true, preserveTimestamps: true });
    expect((await reborn(other)).recovered).toMatchObject({ about: '' });
    await record.end();
  });
});

/** A migration's moves over the maps, with a model of what the destination lacks. */
class Mover {
  readonly lacking = new Set<number>();
  readonly #image: LiveImage;
  readonly #random: (below: number) => number;

  constructor(image: LiveImage, random: (below: number) => number) {
    this.#image = image;
    this.#random = random;
  }

  async step(record: DirtyRecord): Promise<void> {
    const { maps } = this.#image;
    const block = this.#random(maps.blocks);
    switch (this.#random(8)) {
      case 0:
      case 1: {
        await this.#image.write(block * maps.blockBytes, Buffer.from('x'));
        this.lacking.add(block);
        break;
      }
      case 2:
        maps.dirty.takeAll((word, bits) => maps.inFlight.orWord(word, bits));
        break;
      case 3:
        if (!maps.inFlight.has(block)) break;
        // Acknowledged; what was written since it was read is dirty again by then.
        maps.inFlight.clearRange(block, 1);
        if (!maps.dirty.has(block)) this.lacking.delete(block);
        break;
      case 4:
        if (!maps.inFlight.has(block)) break;
        maps.dirty.setRange(block, 1);
        maps.inFlight.clearRange(block, 1);
        break;
      case 5:
        await record.checkpoint();
        break;
      case 6:
        await maps.restoreInFlight();
        break;
      default:
        break;
    }
  }
}

describe('whatever happens', () => {
  for (const blockBytes of [4096, 65536, 262144]) {
    it(`a new life knows of all that the destination lacks (blocks of ${blockBytes})`, async () => {
      for (let seed = 1; seed <= 25; seed++) {
        const random = randomFrom(seed);
        const here = place(96, blockBytes);
        const record = await begin(here);
        const mover = new Mover(here.image, random);
        await record.knows('copy');
        for (let steps = random(120); steps > 0; steps--) await mover.step(record);
        const { image, recovered } = await reborn(here);
        expect(recovered).toEqual({ about: 'copy' });
        const known = new Set(dirtyBlocks(image));
        for (const block of mover.lacking) expect(known, `seed ${seed}, block ${block}`).toContain(block);
        await image.close();
        await record.end();
        await here.image.close();
      }
    });
  }
});
