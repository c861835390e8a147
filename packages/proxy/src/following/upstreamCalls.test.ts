/** What is made of what an owner lacks. */
import { type BlockExtent, NbdErrno, TransmissionFlag } from '@godwit/nbd';
import { describe, expect, it } from 'vitest';
import { filled, PLAIN } from '../testing/stage.js';
import { blockStatus, cache, flush, type OwnerCalls, trim, write, writeZeroes } from './upstreamCalls.js';

const FUA = { ...PLAIN, fua: true };

/** An owner with these transmission flags, and what it was asked for. */
function owner(flags = 0) {
  const asked: string[] = [];
  const ask = (what: string) => {
    asked.push(what);
    return Promise.resolve();
  };
  const calls: OwnerCalls = {
    flags,
    contexts: [],
    read: (offset) => ask(`read ${offset}`),
    write: (offset, data, also) => ask(`write ${offset}+${data.length}${also?.fua ? ' fua' : ''}`),
    writeZeroes: (offset, length, also) => ask(`zero ${offset}+${length}${also?.fua ? ' fua' : ''}`),
    trim: (offset, length, also) => ask(`trim ${offset}+${length}${also?.fua ? ' fua' : ''}`),
    flush: () => ask('flush'),
    cache: (offset, length) => ask(`cache ${offset}+${length}`),
    blockStatus: async (): Promise<BlockExtent[]> => [],
  };
  return { calls, asked };
}

describe('an owner without', () => {
  it('FUA gets a flush behind the change', async () => {
    const { calls, asked } = owner(TransmissionFlag.sendFlush | TransmissionFlag.sendTrim);
    await write(calls, 0, filled(1), FUA);
    await trim(calls, 0, 512, FUA);
    await write(calls, 512, filled(1), PLAIN);
    expect(asked).toEqual(['write 0+512', 'flush', 'trim 0+512', 'flush', 'write 512+512']);
  });

  it('WRITE_ZEROES gets zeros of 1 MiB at a time', async () => {
    const { calls, asked } = owner();
    await writeZeroes(calls, 512, 2 * 1024 * 1024 + 512, { ...FUA, noHole: true });
    expect(asked).toEqual(['write 512+1048576', 'write 1049088+1048576', 'write 2097664+512']);
  });

  it('FAST_ZERO makes no such promise', async () => {
    const { calls, asked } = owner(TransmissionFlag.sendWriteZeroes);
    const fast = writeZeroes(calls, 0, 512, { ...PLAIN, fastZero: true });
    await expect(fast).rejects.toMatchObject({ errno: NbdErrno.ENOTSUP });
    expect(asked).toEqual([]);
  });

  it('TRIM, CACHE or FLUSH is not asked for them', async () => {
    const { calls, asked } = owner();
    await trim(calls, 0, 512, PLAIN);
    await cache(calls, 0, 512);
    await flush(calls);
    expect(asked).toEqual([]);
  });

  it('base:allocation has data everywhere; a dirty bitmap is not made up', async () => {
    const { calls } = owner();
    expect(await blockStatus(calls, 'base:allocation', 0, 4096)).toEqual([{ length: 4096, flags: 0 }]);
    const dirty = blockStatus(calls, 'qemu:dirty-bitmap:godwit', 0, 4096);
    await expect(dirty).rejects.toMatchObject({ errno: NbdErrno.ENOTSUP });
  });
});

it('an owner with FUA is asked for it, and for no flush', async () => {
  const { calls, asked } = owner(TransmissionFlag.sendFua | TransmissionFlag.sendWriteZeroes);
  await write(calls, 0, filled(1), FUA);
  await writeZeroes(calls, 0, 512, FUA);
  expect(asked).toEqual(['write 0+512 fua', 'zero 0+512 fua']);
});
