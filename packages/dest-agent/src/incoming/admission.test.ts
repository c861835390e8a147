import { lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnerRecord, OwnershipStore } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import type { ImageOffer } from '@godwit/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordOf, storeWith } from '../testing/records.js';
import { scratchFolder } from '../testing/scratchFolder.js';
import {
  allocatedBytes,
  checkDirectory,
  checkOffer,
  checkStateDir,
  createImageFile,
  imagePath,
  recordsFor,
} from './admission.js';

const scratch = scratchFolder();
let number = 0;
let dir: string;
let store: OwnershipStore | undefined;
beforeEach(async () => {
  number += 1;
  dir = join(scratch, `images${number}`);
  await mkdir(dir);
});
afterEach(async () => {
  await store?.close();
  store = undefined;
});

function offer(changes: Partial<ImageOffer> = {}): ImageOffer {
  return { name: 'disk', kind: 'disk', sizeBytes: 8192, blockBytes: 4096, allocatedBytes: 4096, epoch: 4, ...changes };
}

/** The code of what the judgement throws, or `taken`. */
async function judge(records: readonly OwnerRecord[], offers: readonly ImageOffer[], reserved = 0): Promise<string> {
  store = await storeWith(join(scratch, `state${number}`), records);
  return codeOf(checkOffer(dir, offers, store, reserved));
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'taken';
  } catch (thrown) {
    if (thrown instanceof GodwitError) return thrown.code;
    throw thrown;
  }
}

describe('an offer', () => {
  it('of a new image is taken', async () => {
    expect(await judge([], [offer()])).toBe('taken');
  });

  it('of an image that is owned here is refused, whatever its epoch', async () => {
    for (const epoch of [0, 4, 100]) {
      expect(await judge([recordOf(dir, 'disk')], [offer({ epoch })])).toBe('E_OWNED_HERE');
      await store?.close();
    }
    store = undefined;
  });

  it.each([
    [3, 'E_OLD_EPOCH'],
    [4, 'E_OLD_EPOCH'],
    [5, 'taken'],
    [6, 'taken'],
  ])('of epoch %d for an image that was released here at epoch 5: %s', async (epoch, expected) => {
    expect(await judge([recordOf(dir, 'disk', { role: 'released' })], [offer({ epoch })])).toBe(expected);
  });

  it.each([
    [3, 'taken'],
    [4, 'taken'],
  ])('of epoch %d for an image that was given up at epoch 5, and never owned here: %s', async (epoch, expected) => {
    expect(await judge([recordOf(dir, 'disk', { role: 'aborted' })], [offer({ epoch })])).toBe(expected);
  });

  it('of several images is refused for one of them', async () => {
    const offers = [offer({ name: 'one' }), offer({ name: 'two' })];
    expect(await judge([recordOf(dir, 'two')], offers)).toBe('E_OWNED_HERE');
  });

  it.each(['none', 'aborted'] as const)(
    'is refused where a file stands that is not ours (record: %s)',
    async (role) => {
      writeFileSync(imagePath(dir, 'disk'), 'precious');
      const records = role === 'none' ? [] : [recordOf(dir, 'disk', { role })];
      expect(await judge(records, [offer()])).toBe('E_EXISTS');
      expect(readFileSync(imagePath(dir, 'disk'), 'utf8')).toBe('precious');
    },
  );

  it('is refused where a link stands, even one that leads nowhere', async () => {
    symlinkSync(join(scratch, 'nowhere'), imagePath(dir, 'disk'));
    expect(await judge([], [offer()])).toBe('E_EXISTS');
  });

  it('is refused when there is no room, counting what others were promised', async () => {
    const { bavail, bsize } = await statfs(dir);
    const free = bavail * bsize;
    expect(await judge([], [offer({ allocatedBytes: free * 2 })])).toBe('E_NO_ROOM');
    await store?.close();
    expect(await judge([], [offer({ allocatedBytes: free / 2 })])).toBe('taken');
    await store?.close();
    expect(await judge([], [offer({ allocatedBytes: free / 2 })], free * 0.6)).toBe('E_NO_ROOM');
    await store?.close();
    const halves = ['one', 'two', 'three'].map((name) => offer({ name, allocatedBytes: free / 2 }));
    expect(await judge([], halves)).toBe('E_NO_ROOM');
  });

  it('of a huge image that is almost empty is taken: thin stays thin', async () => {
    expect(await judge([], [offer({ sizeBytes: 2 ** 50, blockBytes: 1024 * 1024, allocatedBytes: 4096 })])).toBe(
      'taken',
    );
  });
});

describe('the file of an image', () => {
  it('is empty, sparse, of its size, and nobody else may read it', async () => {
    const path = imagePath(dir, 'disk');
    await createImageFile(path, 10_000_001);
    expect(statSync(path)).toMatchObject({ size: 10_000_001, blocks: 0 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('never replaces what stands there, and does not write through a link', async () => {
    const precious = join(scratch, `precious${number}`);
    writeFileSync(precious, 'precious');
    const path = imagePath(dir, 'disk');
    symlinkSync(precious, path);
    await expect(createImageFile(path, 4096)).rejects.toThrow('EEXIST');
    expect(readFileSync(precious, 'utf8')).toBe('precious');
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
  });

  it('counts for what is on the disk, nothing where there is none', async () => {
    const path = imagePath(dir, 'disk');
    expect(await allocatedBytes(path)).toBe(0);
    writeFileSync(path, Buffer.alloc(8192, 1));
    expect(await allocatedBytes(path)).toBe(8192);
  });
});

describe('the records of an offer', () => {
  it('carry the epoch that would be owned, the file as it will be served, and what was owned before', async () => {
    store = await storeWith(join(scratch, `state${number}`), [recordOf(dir, 'disk', { role: 'released', epoch: 3 })]);
    const images = [offer({ kind: 'memory' })];
    const whole = {
      migrationId: 'm1',
      images,
      mode: 'live',
      verify: 'full',
      lanes: 1,
      sourceId: 's1',
      attempt: 0,
      patienceMs: 0,
      seed: false,
    } as const;
    const [record] = recordsFor(dir, whole, 'prepared', store);
    const file = { path: join(dir, 'disk.img'), kind: 'memory', blockBytes: 4096 };
    expect(record).toEqual({
      name: 'disk',
      role: 'prepared',
      epoch: 5,
      migration: 'm1',
      location: '',
      peer: '',
      file: '',
      fence: 3,
      offeredBy: 's1',
      ...file,
    });
  });
});

describe('the directory', () => {
  it('must be one', async () => {
    writeFileSync(join(dir, 'file'), '');
    expect(await codeOf(checkDirectory(dir))).toBe('taken');
    expect(await codeOf(checkDirectory(join(dir, 'file')))).toBe('E_NOT_WRITABLE');
    expect(await codeOf(checkDirectory(join(dir, 'none')))).toBe('E_NOT_WRITABLE');
  });
});

describe('the folder of records in the folder of images', () => {
  it('is no link to elsewhere, while one beside it may be', async () => {
    const elsewhere = join(scratch, `elsewhere${number}`);
    await mkdir(elsewhere);
    expect(await codeOf(checkStateDir(dir, join(dir, '.godwit')))).toBe('taken');
    symlinkSync(elsewhere, join(dir, '.godwit'));
    expect(await codeOf(checkStateDir(dir, join(dir, '.godwit')))).toBe('E_STATE_DIR');
    symlinkSync(elsewhere, join(scratch, `link${number}`));
    expect(await codeOf(checkStateDir(dir, join(scratch, `link${number}`)))).toBe('taken');
  });
});
