import { existsSync, ftruncateSync, openSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GodwitError } from '@godwit/errors';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { withRoom } from '../lanes/takeRoom.js';
import { RoomReserve } from './roomReserve.js';

const MEBIBYTE = 1024 * 1024;
const full = () => new GodwitError('E_DISK_FULL', { path: '/there', problem: 'no space left on device' });

/** In the folder for temporary files, which is on a disk where the tests run; see RoomReserve for one in memory. */
async function reserveIn(): Promise<{ dir: string; reserve: RoomReserve }> {
  const dir = await mkdtemp(join(tmpdir(), 'godwit-reserve-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return { dir, reserve: new RoomReserve(dir, 'id/../../of a stranger', { warn: vi.fn() }) };
}

describe('room for what is to arrive', () => {
  it('is taken from the disk, follows what is missing, never grows, and is given back', async () => {
    const { dir, reserve } = await reserveIn();
    let missing = 9 * MEBIBYTE;
    let looks = 0;
    await reserve.take(() => {
      looks += 1;
      return missing;
    });
    expect(reserve.bytes).toBe(missing);
    expect(statSync(reserve.path).blocks * 512).toBeGreaterThanOrEqual(missing);
    missing = 2 * MEBIBYTE;
    await vi.waitFor(() => expect(statSync(reserve.path).size).toBe(missing));
    expect(statSync(reserve.path).blocks * 512).toBeLessThan(3 * MEBIBYTE);
    missing = 5 * MEBIBYTE;
    const before = looks;
    await vi.waitFor(() => expect(looks).toBeGreaterThan(before + 1));
    expect(reserve.bytes).toBe(2 * MEBIBYTE);
    await reserve.release();
    expect([reserve.bytes, readdirSync(dir)]).toEqual([0, []]);
  });

  it('is not made longer when a lane has taken of it', async () => {
    const { reserve } = await reserveIn();
    let missing = 8 * MEBIBYTE;
    await reserve.take(() => missing);
    ftruncateSync(openSync(reserve.path, 'r+'), MEBIBYTE);
    missing = 4 * MEBIBYTE;
    await vi.waitFor(() => expect(reserve.bytes).toBe(missing));
    await reserve.release();
    expect(existsSync(reserve.path)).toBe(false);
  });

  it('of an agent that was killed is removed at the next start, and nothing else is', async () => {
    const { dir, reserve } = await reserveIn();
    await reserve.take(() => MEBIBYTE);
    writeFileSync(join(dir, 'disk.img'), '');
    await RoomReserve.removeAll(dir);
    expect(readdirSync(dir)).toEqual(['disk.img']);
    await reserve.release();
  });

  it('that is not there is E_DISK_FULL, and nothing stays', async () => {
    const { dir } = await reserveIn();
    const allocateSome = (fd: number, offset: number, length: number) => {
      if (offset > 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      ftruncateSync(fd, length);
      return true;
    };
    const reserve = new RoomReserve(dir, 'id', { warn: vi.fn() }, allocateSome);
    await expect(reserve.take(() => 2 ** 40)).rejects.toMatchObject({ code: 'E_DISK_FULL' });
    expect([reserve.bytes, readdirSync(dir)]).toEqual([0, []]);
  });

  it('is not kept where the file system has no such call', async () => {
    const { dir } = await reserveIn();
    const reserve = new RoomReserve(dir, 'id', { warn: vi.fn() }, () => false);
    await reserve.take(() => MEBIBYTE);
    expect(reserve.bytes).toBe(0);
    await reserve.release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is used up by a lane that finds the disk full, step by step, before it says so', async () => {
    const { reserve } = await reserveIn();
    await reserve.take(() => 100 * MEBIBYTE);
    const sizes: number[] = [];
    const write = () => {
      sizes.push(statSync(reserve.path).size / MEBIBYTE);
      throw full();
    };
    expect(() => withRoom(reserve.path, write)).toThrow(expect.objectContaining({ code: 'E_DISK_FULL' }));
    expect(sizes).toEqual([100, 36, 0]);
    await reserve.release();
    expect(() =>
      withRoom(reserve.path, () => {
        throw full();
      }),
    ).toThrow('no space left');
  });

  it('is not touched for any other error', async () => {
    const { reserve } = await reserveIn();
    await reserve.take(() => MEBIBYTE);
    const write = () => {
      throw new GodwitError('E_IO', { path: '/there', problem: 'input/output error', offset: 0 });
    };
    expect(() => withRoom(reserve.path, write)).toThrow(expect.objectContaining({ code: 'E_IO' }));
    expect(statSync(reserve.path).size).toBe(MEBIBYTE);
    await reserve.release();
  });
});
