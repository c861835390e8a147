import {
  ftruncateSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GodwitError } from '@godwit/errors';
import { hasNative } from '@godwit/native';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ReserveFile, withRoom } from '../lanes/takeRoom.js';
import { scratchFolder } from '../testing/scratchFolder.js';
import { fileNameOf } from './fileNameOf.js';
import { type ReserveOptions, RoomReserve } from './roomReserve.js';

const MEBIBYTE = 1024 * 1024;
const full = () => new GodwitError('E_DISK_FULL', { path: '/there', problem: 'no space left on device' });

const scratch = scratchFolder();
const logger = { warn: vi.fn() };

async function reserveIn(options: ReserveOptions = {}) {
  const dir = await mkdtemp(join(scratch, 'reserve-'));
  const reserve = new RoomReserve(dir, 'id/../../of a stranger', logger, { inMemory: true, ...options });
  onTestFinished(() => reserve.release());
  return { dir, reserve, path: join(dir, `.godwit-reserve-${fileNameOf('id/../../of a stranger')}`) };
}

/** Of the reserve, as a lane is given it. */
function fileOf({ file }: RoomReserve): ReserveFile {
  if (file === undefined) throw new Error('nothing is kept');
  return file;
}

describe.runIf(hasNative)('room for what is to arrive', () => {
  it('is taken from the disk, follows what is missing, never grows, and is given back', async () => {
    const { dir, reserve, path } = await reserveIn();
    let missing = 9 * MEBIBYTE;
    let looks = 0;
    await reserve.take(() => {
      looks += 1;
      return missing;
    });
    expect(reserve.bytes).toBe(missing);
    expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(missing);
    missing = 2 * MEBIBYTE;
    // The size is another before the blocks are given back.
    await vi.waitFor(() => {
      expect(statSync(path).size).toBe(missing);
      expect(statSync(path).blocks * 512).toBeLessThan(3 * MEBIBYTE);
    });
    missing = 5 * MEBIBYTE;
    const before = looks;
    await vi.waitFor(() => expect(looks).toBeGreaterThan(before + 1));
    expect(reserve.bytes).toBe(2 * MEBIBYTE);
    await reserve.release();
    expect([reserve.bytes, reserve.file, readdirSync(dir)]).toEqual([0, undefined, []]);
  });

  it('is as much as lanes have left of it, and not made longer', async () => {
    const { reserve, path } = await reserveIn();
    await reserve.take(() => 8 * MEBIBYTE);
    truncateSync(path, MEBIBYTE);
    await vi.waitFor(() => expect(reserve.bytes).toBe(MEBIBYTE));
    expect(statSync(path).size).toBe(MEBIBYTE);
  });

  it('given back while it is being taken is given back, and leaves nothing', async () => {
    const { dir, reserve } = await reserveIn();
    await Promise.all([reserve.take(() => 8 * MEBIBYTE), reserve.release(), reserve.release()]);
    expect([reserve.bytes, readdirSync(dir)]).toEqual([0, []]);
  });

  it('is given back, and the agent lives, when nobody can say any more what is missing', async () => {
    const { dir, reserve } = await reserveIn();
    let looks = 0;
    await reserve.take(() => {
      looks += 1;
      if (looks > 1) throw Object.assign(new Error('stale file handle'), { code: 'ESTALE' });
      return MEBIBYTE;
    });
    const said = [expect.anything(), 'room that was kept is given back'];
    await vi.waitFor(() => expect(logger.warn).toHaveBeenCalledWith(...said));
    expect(readdirSync(dir)).toEqual([]);
  });

  it('of an agent that was killed is removed at the next start, and nothing else is', async () => {
    const { dir, reserve, path } = await reserveIn();
    const abandoned = join(dir, `.godwit-reserve-${fileNameOf('of an earlier life')}`);
    const others = ['disk.img', '.godwit-reserve-mine', `.godwit-reserve-${fileNameOf('a folder')}`];
    writeFileSync(abandoned, 'x');
    writeFileSync(join(dir, 'disk.img'), 'image');
    writeFileSync(join(dir, '.godwit-reserve-mine'), '');
    mkdirSync(join(dir, others[2] ?? ''));
    const link = join(dir, `.godwit-reserve-${fileNameOf('a link')}`);
    symlinkSync('disk.img', link);
    // Of an agent that lives, and has the same folder.
    await reserve.take(() => MEBIBYTE);
    await RoomReserve.removeAbandoned(dir, logger);
    expect(readdirSync(dir).toSorted()).toEqual([...others, basename(link), basename(path)].toSorted());
    expect(readFileSync(join(dir, 'disk.img'), 'utf8')).toBe('image');
  });

  it('that is not there is E_DISK_FULL, and nothing stays', async () => {
    const allocateRange = (fd: number, offset: number, length: number) => {
      if (offset > 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      ftruncateSync(fd, length);
      return true;
    };
    const { dir, reserve } = await reserveIn({ allocateRange });
    await expect(reserve.take(() => 2 ** 40)).rejects.toMatchObject({ code: 'E_DISK_FULL' });
    expect([reserve.bytes, readdirSync(dir)]).toEqual([0, []]);
  });

  it.each([{ allocateRange: () => false }, { inMemory: false }])(
    'is not kept where it cannot be: %o',
    async (options) => {
      // In memory, where the machine has such a folder.
      const { dir, reserve } = await reserveIn(options);
      if (options.inMemory === false && !scratch.startsWith('/dev/shm')) return;
      await reserve.take(() => MEBIBYTE);
      expect([reserve.bytes, reserve.file, readdirSync(dir)]).toEqual([0, undefined, []]);
    },
  );
});

describe.runIf(hasNative)('a lane that finds the disk full', () => {
  it('uses up what is kept, step by step, before it says so', async () => {
    const { reserve, path } = await reserveIn();
    await reserve.take(() => 5 * MEBIBYTE);
    const sizes: number[] = [];
    const write = () => {
      sizes.push(statSync(path).size / MEBIBYTE);
      throw full();
    };
    expect(() => withRoom(fileOf(reserve), write)).toThrow('no space left');
    expect(sizes).toEqual([5, 3, 1, 0]);
  });

  it('goes on as soon as it has room', async () => {
    const { reserve, path } = await reserveIn();
    await reserve.take(() => 5 * MEBIBYTE);
    let tries = 0;
    withRoom(fileOf(reserve), () => {
      tries += 1;
      if (tries === 1) throw full();
    });
    expect([tries, statSync(path).size]).toEqual([2, 3 * MEBIBYTE]);
  });

  it('says so when nothing is kept any more, and cuts no other file that stands there', async () => {
    const { dir, reserve, path } = await reserveIn();
    await reserve.take(() => 5 * MEBIBYTE);
    const file = fileOf(reserve);
    await reserve.release();
    const write = () => {
      throw full();
    };
    expect(() => withRoom(file, write)).toThrow('no space left');
    const image = join(dir, 'other.img');
    writeFileSync(image, Buffer.alloc(4 * MEBIBYTE, 1));
    linkSync(image, path);
    expect(() => withRoom(file, write)).toThrow('no space left');
    expect(statSync(image).size).toBe(4 * MEBIBYTE);
  });

  it('takes nothing for any other error', async () => {
    const { reserve, path } = await reserveIn();
    await reserve.take(() => MEBIBYTE);
    const write = () => {
      throw new GodwitError('E_IO', { path: '/there', problem: 'input/output error', offset: 0 });
    };
    expect(() => withRoom(fileOf(reserve), write)).toThrow(expect.objectContaining({ code: 'E_IO' }));
    expect(statSync(path).size).toBe(MEBIBYTE);
  });
});
