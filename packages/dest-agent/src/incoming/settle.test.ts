import { existsSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnerRecord, OwnershipStore } from '@godwit/agent';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordOf, recordsOnDisk, storeWith } from '../testing/records.js';
import { scratchFolder } from '../testing/scratchFolder.js';
import { settleOutcome } from './settle.js';

const scratch = scratchFolder();
let number = 0;
let dir: string;
let stateDir: string;
let store: OwnershipStore | undefined;

beforeEach(async () => {
  number += 1;
  dir = join(scratch, `images${number}`);
  stateDir = join(scratch, `state${number}`);
  await mkdir(dir);
});
afterEach(async () => {
  await store?.close();
  store = undefined;
});

const ROLES: readonly OwnerRecord['role'][] = ['owner', 'released', 'incoming', 'prepared', 'aborted'];
const path = (name: string): string => join(dir, `${name}.img`);
/** The source sealed at epoch 4: the destination would own 5. */
const ask = async (names: readonly string[], records: readonly OwnerRecord[], migrationId = 'm1'): Promise<string> => {
  store = await storeWith(stateDir, records);
  return settleOutcome(dir, store, { migrationId, names, epochs: names.map(() => 4) });
};

describe('one image', () => {
  const cases = ROLES.flatMap((role) =>
    [4, 5, 6].flatMap((epoch) => ['m1', 'other'].map((migration) => ({ role, epoch, migration }))),
  );

  it.each(cases)('$role at epoch $epoch by $migration', async ({ role, epoch, migration }) => {
    writeFileSync(path('disk'), 'bytes');
    const answer = await ask(['disk'], [recordOf(dir, 'disk', { role, epoch, migration })]);
    const owned = role === 'owner' || role === 'released';
    const never = epoch <= 5 ? 'aborted' : 'unknown';
    expect(answer).toBe(owned ? (epoch >= 5 ? 'owner' : 'unknown') : never);
    const half = role === 'incoming' || role === 'prepared';
    // What another migration holds, and a file that is not ours, stay as they are.
    const given = half && migration === 'm1' && answer === 'aborted';
    expect(recordsOnDisk(stateDir)).toEqual([`disk ${given ? 'aborted' : role} ${epoch} ${migration}`]);
    expect(existsSync(path('disk'))).toBe(!given);
  });

  it('that nobody here has heard of is ABORTED on the disk before the answer', async () => {
    expect(await ask(['disk'], [])).toBe('aborted');
    expect(recordsOnDisk(stateDir)).toEqual(['disk aborted 5 m1']);
  });

  it('that has no record, but a file with bytes, is unknown', async () => {
    writeFileSync(path('disk'), 'bytes');
    expect(await ask(['disk'], [recordOf(dir, 'another')])).toBe('unknown');
    expect(recordsOnDisk(stateDir)).toEqual(['another owner 5 m1']);
    expect(existsSync(path('disk'))).toBe(true);
  });

  it('that has no record, but an empty file, never came', async () => {
    writeFileSync(path('disk'), '');
    truncateSync(path('disk'), 1024 * 1024);
    expect(await ask(['disk'], [])).toBe('aborted');
  });

  it('is answered the same when asked again', async () => {
    expect(await ask(['disk'], [recordOf(dir, 'disk', { role: 'prepared' })])).toBe('aborted');
    if (store === undefined) throw new Error('no store');
    expect(await settleOutcome(dir, store, { migrationId: 'm1', names: ['disk'], epochs: [4] })).toBe('aborted');
    // By then the place may be taken by a file of somebody else's.
    writeFileSync(path('disk'), 'theirs');
    expect(await settleOutcome(dir, store, { migrationId: 'm1', names: ['disk'], epochs: [4] })).toBe('aborted');
    expect(existsSync(path('disk'))).toBe(true);
  });

  it('is not given up when it cannot be recorded', async () => {
    store = await storeWith(stateDir, [recordOf(dir, 'disk', { role: 'prepared' })]);
    const failing: Pick<OwnershipStore, 'get' | 'all' | 'update'> = {
      get: (name) => store?.get(name),
      all: () => store?.all() ?? [],
      update: () => Promise.reject(new Error('disk full')),
    };
    const stub: OwnershipStore = Object.assign(Object.create(store), failing);
    await expect(settleOutcome(dir, stub, { migrationId: 'm1', names: ['disk'], epochs: [4] })).rejects.toThrow(
      'disk full',
    );
    expect(recordsOnDisk(stateDir)).toEqual(['disk prepared 5 m1']);
  });
});

describe('several images', () => {
  const pairs = ROLES.flatMap((one) => ROLES.map((other) => [one, other] as const));

  it.each(pairs)('%s and %s: one answer for both, and never aborted for an owner', async (one, other) => {
    const records = [recordOf(dir, 'one', { role: one }), recordOf(dir, 'two', { role: other })];
    const owned = [one, other].filter((role) => role === 'owner' || role === 'released').length;
    expect(await ask(['one', 'two'], records)).toBe(['aborted', 'unknown', 'owner'][owned]);
    const stays = [`one ${one} 5 m1`, `two ${other} 5 m1`];
    expect(recordsOnDisk(stateDir)).toEqual(owned === 0 ? ['one aborted 5 m1', 'two aborted 5 m1'] : stays);
  });

  it('are given up together, also one that was not asked about', async () => {
    const records = ['one', 'two', 'three'].map((name) => recordOf(dir, name, { role: 'prepared' }));
    const others = [recordOf(dir, 'four', { role: 'prepared', migration: 'm2' })];
    expect(await ask(['one'], [...records, ...others])).toBe('aborted');
    const expected = ['one aborted 5 m1', 'two aborted 5 m1', 'three aborted 5 m1', 'four prepared 5 m2'];
    expect(recordsOnDisk(stateDir)).toEqual(expected);
  });

  it('of which one never came are given up', async () => {
    expect(await ask(['one', 'two'], [recordOf(dir, 'one', { role: 'prepared' })])).toBe('aborted');
    expect(recordsOnDisk(stateDir)).toEqual(['one aborted 5 m1', 'two aborted 5 m1']);
  });

  it('of which one has a file that nobody knows are unknown, and nothing changes', async () => {
    writeFileSync(path('two'), 'bytes');
    expect(await ask(['one', 'two'], [recordOf(dir, 'one', { role: 'prepared' })])).toBe('unknown');
    expect(recordsOnDisk(stateDir)).toEqual(['one prepared 5 m1']);
  });
});
