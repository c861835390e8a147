import { existsSync, writeFileSync } from 'node:fs';
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
const ask = async (records: readonly OwnerRecord[], migration = 'm1'): Promise<string> => {
  store = await storeWith(stateDir, records);
  return settleOutcome(store, migration, undefined);
};

describe('one image', () => {
  const cases = ROLES.flatMap((role) => ['m1', 'other'].map((migration) => ({ role, migration })));

  it.each(cases)('$role by $migration', async ({ role, migration }) => {
    writeFileSync(path('disk'), 'bytes');
    const answer = await ask([recordOf(dir, 'disk', { role, migration })]);
    const own = role === 'owner' || role === 'released' ? 'owner' : 'aborted';
    // What another migration did says nothing of this one, whatever name and epoch it shares.
    expect(answer).toBe(migration === 'm1' ? own : 'unknown');
    const given = (role === 'incoming' || role === 'prepared') && migration === 'm1';
    expect(recordsOnDisk(stateDir)).toEqual([`disk ${given ? 'aborted' : role} 5 ${migration}`]);
    expect(existsSync(path('disk'))).toBe(!given);
  });

  it('that nobody here has heard of is unknown: a source seals only after this destination recorded PREPARED', async () => {
    expect(await ask([])).toBe('unknown');
    expect(recordsOnDisk(stateDir)).toEqual([]);
  });

  it('that was taken, and replaced by another migration since, was taken', async () => {
    store = await storeWith(stateDir, [recordOf(dir, 'disk', { role: 'released' })]);
    await store.update([recordOf(dir, 'disk', { role: 'incoming', epoch: 7, fence: 5, migration: 'm2' })]);
    expect(await settleOutcome(store, 'm1', undefined)).toBe('owner');
    expect(recordsOnDisk(stateDir)).toEqual(['disk incoming 7 m2']);
  });

  it("that was given up, and taken from another source since, is still the asker's own", async () => {
    store = await storeWith(stateDir, [recordOf(dir, 'disk', { role: 'aborted' })]);
    for (const role of ['incoming', 'prepared', 'owner'] as const) {
      await store.update([recordOf(dir, 'disk', { role, migration: 'm2' })]);
    }
    expect(await settleOutcome(store, 'm1', undefined)).toBe('aborted');
    expect(await settleOutcome(store, 'm2', undefined)).toBe('owner');
  });

  it('is answered the same when asked again, and a file that came since stays', async () => {
    expect(await ask([recordOf(dir, 'disk', { role: 'prepared' })])).toBe('aborted');
    writeFileSync(path('disk'), 'theirs');
    if (store === undefined) throw new Error('no store');
    expect(await settleOutcome(store, 'm1', undefined)).toBe('aborted');
    expect(existsSync(path('disk'))).toBe(true);
  });

  it('is not given up when it cannot be recorded', async () => {
    store = await storeWith(stateDir, [recordOf(dir, 'disk', { role: 'prepared' })]);
    const failing: Pick<OwnershipStore, 'all' | 'outcomeOf' | 'update'> = {
      all: () => store?.all() ?? [],
      outcomeOf: () => undefined,
      update: () => Promise.reject(new Error('disk full')),
    };
    const stub: OwnershipStore = Object.assign(Object.create(store), failing);
    await expect(settleOutcome(stub, 'm1', undefined)).rejects.toThrow('disk full');
    expect(recordsOnDisk(stateDir)).toEqual(['disk prepared 5 m1']);
  });
});

describe('several images', () => {
  it('are given up together, and those of others are left alone', async () => {
    const records = ['one', 'two', 'three'].map((name) => recordOf(dir, name, { role: 'prepared' }));
    const others = [recordOf(dir, 'four', { role: 'prepared', migration: 'm2' })];
    expect(await ask([...records, ...others])).toBe('aborted');
    const expected = ['one aborted 5 m1', 'two aborted 5 m1', 'three aborted 5 m1', 'four prepared 5 m2'];
    expect(recordsOnDisk(stateDir)).toEqual(expected);
  });
});
