import { linkSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnerRecord, OwnershipStore } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import { identityOf } from '@godwit/image';
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

/** Of a copy that is being received. */
const COPY = { id: 'c1', file: '', sizeBytes: 8192, boot: 'b1', patienceMs: 1000 };

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

  it.each([
    ['was there before a migration that could not say that it ended', { role: 'incoming', keepsFile: true }],
    ['is another one than what a source agent had under that name', { role: 'released', path: '/elsewhere/disk.raw' }],
    ['has taken the place of what left', { role: 'released', file: '1:2:3' }],
    ['has taken the place of what was received', { role: 'incoming', copy: { ...COPY, file: '1:2:3' } }],
  ] as const)('is refused where a file stands that %s', async (_, changes) => {
    writeFileSync(imagePath(dir, 'disk'), 'precious');
    expect(await judge([recordOf(dir, 'disk', changes)], [offer({ epoch: 7 })])).toBe('E_EXISTS');
  });

  it('is taken where what was left, or received, still stands', async () => {
    writeFileSync(imagePath(dir, 'disk'), Buffer.alloc(8192));
    const file = identityOf(statSync(imagePath(dir, 'disk'), { bigint: true }));
    expect(await judge([recordOf(dir, 'disk', { role: 'released', file })], [offer({ epoch: 7 })])).toBe('taken');
    await store?.close();
    // Device numbers of the boot before.
    const elsewhere = file.replace(/^\d+/, '7');
    const copy = { ...COPY, file: elsewhere };
    const received = recordOf(dir, 'disk', { role: 'incoming', epoch: 8, fence: 5, copy });
    expect(await judge([received], [offer({ epoch: 7 })])).toBe('taken');
  });

  it('of an image that a source agent of this state directory has sealed is refused', async () => {
    expect(await judge([recordOf(dir, 'disk', { role: 'sealed' })], [offer({ epoch: 7 })])).toBe('E_NOT_OWNER');
  });

  it.each([
    ['a file of that size', 'taken', 8192, false],
    ['a file of another size', 'E_SEED', 4096, false],
    ['a file that has a second name', 'E_SEED', 8192, true],
  ] as const)('that may begin with %s: %s', async (_, expected, sizeBytes, isLinked) => {
    const path = imagePath(dir, 'disk');
    writeFileSync(path, Buffer.alloc(sizeBytes));
    if (isLinked) linkSync(path, join(scratch, `second${number}`));
    store = await storeWith(join(scratch, `state${number}`), []);
    expect(await codeOf(checkOffer(dir, [offer()], store, 0, true))).toBe(expected);
  });

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
      workload: '',
      document: '',
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
