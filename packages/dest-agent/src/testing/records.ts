import { join } from 'node:path';
import { type OwnerRecord, OwnershipStore, readRecords } from '@godwit/agent';

export function recordOf(dir: string, name: string, changes: Partial<OwnerRecord> = {}): OwnerRecord {
  const { role = 'owner', epoch = 5 } = changes;
  const wasOwned = role === 'owner' || role === 'sealed' || role === 'released';
  return {
    name,
    path: join(dir, `${name}.img`),
    role: 'owner',
    epoch: 5,
    kind: 'disk',
    blockBytes: 4096,
    migration: 'm1',
    location: '',
    peer: '',
    fence: wasOwned ? epoch : 0,
    file: '',
    offeredBy: 's1',
    ...changes,
  };
}

/** The steps by which a store comes to hold a role; none may be left out (ownership/records.ts). */
const WAYS: Record<OwnerRecord['role'], readonly OwnerRecord['role'][]> = {
  owner: ['owner'],
  sealed: ['owner', 'sealed'],
  released: ['owner', 'sealed', 'released'],
  incoming: ['incoming'],
  prepared: ['incoming', 'prepared'],
  aborted: ['aborted'],
};

/** A store that holds these records. */
export async function storeWith(stateDir: string, records: readonly OwnerRecord[]): Promise<OwnershipStore> {
  const store = await OwnershipStore.open(stateDir);
  for (const record of records) {
    for (const role of WAYS[record.role]) await store.update([{ ...record, role }]);
  }
  return store;
}

/** What stands on the disk, as `name role epoch migration`. */
export function recordsOnDisk(stateDir: string): string[] {
  const records = readRecords(join(stateDir, 'ownership.json'))?.records ?? [];
  return records.map(({ name, role, epoch, migration }) => `${name} ${role} ${epoch} ${migration}`);
}
