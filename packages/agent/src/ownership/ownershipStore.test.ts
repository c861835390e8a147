import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OwnershipStore } from './ownershipStore.js';
import type { OwnerRecord, OwnerRole } from './records.js';

let root = '';
let stateDir = '';
let file = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'godwit-ownership-'));
  stateDir = join(root, 'made', 'when needed');
  file = join(stateDir, 'ownership.json');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function record(name: string, role: OwnerRole, epoch: number): OwnerRecord {
  const rest = {
    kind: 'disk',
    blockBytes: 65_536,
    migration: 'm-1',
    location: 'http://b/ü',
    peer: 'b:1',
    file: '',
    offeredBy: '',
  } as const;
  const fence = role === 'owner' || role === 'sealed' || role === 'released' ? epoch : 0;
  return { name, path: `/images/${name}`, role, epoch, fence, ...rest };
}

/** Opens, does, closes. */
async function within<T>(act: (store: OwnershipStore) => Promise<T> | T): Promise<T> {
  const store = await OwnershipStore.open(stateDir);
  try {
    return await act(store);
  } finally {
    await store.close();
  }
}

const recordsOnDisk = () => within((store) => store.all());

describe('ownership records', () => {
  it('are found again as they were put', async () => {
    const owner = record('vm', 'owner', 3);
    const sealed = { ...owner, role: 'sealed' as const };
    const memory = { ...record('ram', 'incoming', 0), kind: 'memory' as const, location: '"\\\n' };
    await within(async (store) => {
      expect([store.all(), store.get('vm')]).toEqual([[], undefined]);
      await store.update([owner, memory]);
      await store.update([sealed]);
      expect([store.get('vm'), store.get('ram')]).toEqual([sealed, memory]);
    });
    expect(await recordsOnDisk()).toEqual([sealed, memory]);
    expect([statSync(file).mode & 0o077, statSync(stateDir).mode & 0o077]).toEqual([0, 0]);
  });

  it('change all together or not at all', async () => {
    const before = [record('one', 'owner', 1), record('two', 'sealed', 1)];
    await within(async (store) => {
      await store.update([record('one', 'owner', 1), record('two', 'owner', 1)]);
      await store.update([record('two', 'sealed', 1)]);
      const half = store.update([record('one', 'sealed', 1), record('two', 'prepared', 2)]);
      await expect(half).rejects.toMatchObject({ code: 'E_NOT_OWNER' });
      await expect(store.update([record('one', 'owner', 0)])).rejects.toMatchObject({ code: 'E_OLD_EPOCH' });
      expect(store.all()).toEqual(before);
    });
    expect(await recordsOnDisk()).toEqual(before);
  });

  it('are seen only once they are on disk', async () => {
    await within(async (store) => {
      const update = store.update([record('vm', 'owner', 1)]);
      expect(store.get('vm')).toBeUndefined();
      await update;
      expect(JSON.parse(readFileSync(file, 'utf8')).content.records).toEqual(store.all());
    });
  });

  it('change one after the other, each judged by the one before', async () => {
    await within(async (store) => {
      const roles = ['owner', 'sealed', 'owner', 'sealed', 'released', 'owner', 'sealed'] as const;
      const done = await Promise.allSettled(roles.map((role) => store.update([record('vm', role, 1)])));
      const kept = ['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'];
      expect(done.map(({ status }) => status)).toEqual(kept);
      await Promise.all(Array.from({ length: 30 }, (_, i) => store.update([record(`vm-${i}`, 'owner', i)])));
    });
    const records = await recordsOnDisk();
    expect(records).toHaveLength(31);
    expect(records[0]).toEqual(record('vm', 'released', 1));
  });

  it('remember how migrations ended here, when their images have moved on', async () => {
    await within(async (store) => {
      await store.update([record('one', 'incoming', 1)]);
      expect(store.outcomeOf('m-1')).toBeUndefined();
      await store.update([record('one', 'aborted', 1)]);
      await store.update([{ ...record('one', 'incoming', 2), migration: 'm-2' }]);
    });
    await within((store) => {
      expect(store.outcomeOf('m-1')).toBe('aborted');
      expect(store.outcomeOf('m-2')).toBeUndefined();
      return Promise.resolve();
    });
  });

  it('bear one identity for as long as the directory lives', async () => {
    const seen: string[] = [];
    for (let i = 0; i < 2; i++) {
      await within((store) => {
        seen.push(store.identity);
        return Promise.resolve();
      });
    }
    expect(seen[0]).toMatch(/^[0-9a-f]{24}$/);
    expect(seen[1]).toBe(seen[0]);
  });

  it('that could not be written are as they were, and can be written later', async () => {
    const owner = record('vm', 'owner', 1);
    await within(async (store) => {
      await store.update([owner]);
      renameSync(stateDir, `${stateDir}.away`);
      await expect(store.update([record('vm', 'sealed', 1)])).rejects.toMatchObject({ code: 'E_STATE_DIR' });
      expect(store.all()).toEqual([owner]);
      renameSync(`${stateDir}.away`, stateDir);
      await store.update([record('vm', 'sealed', 1)]);
    });
    expect(await recordsOnDisk()).toEqual([record('vm', 'sealed', 1)]);
  });

  it('are the old ones after a crash between write and rename', async () => {
    await within((store) => store.update([record('vm', 'owner', 1)]));
    const old = readFileSync(file);
    await within((store) => store.update([record('vm', 'sealed', 1)]));
    const next = readFileSync(file);
    for (const scratch of [next, next.subarray(0, 40), Buffer.alloc(0)]) {
      writeFileSync(file, old);
      writeFileSync(`${file}.new`, scratch);
      expect(await recordsOnDisk()).toEqual([record('vm', 'owner', 1)]);
    }
    await within((store) => store.update([record('vm', 'sealed', 1)]));
    expect([readFileSync(file), existsSync(`${file}.new`)]).toEqual([next, false]);
  });
});

describe('a damaged record', () => {
  it('is never taken for a record, whichever bit is flipped or wherever it is cut', async () => {
    await within((store) => store.update([record('vm', 'owner', 7)]));
    const good = readFileSync(file);
    const accepted: string[] = [];
    const attempt = async (what: string, bytes: Buffer) => {
      writeFileSync(file, bytes);
      const outcome = await recordsOnDisk().then(
        () => 'accepted',
        (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
      );
      if (outcome !== 'E_STATE_CORRUPT') accepted.push(`${what}: ${String(outcome)}`);
    };
    for (let at = 0; at < good.length; at++) {
      const flipped = Buffer.from(good);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      await attempt(`byte ${at} "${good.toString('latin1', at, at + 1)}"`, flipped);
      // Without its last newline the file is whole.
      if (at < good.length - 1) await attempt(`${at} bytes`, good.subarray(0, at));
    }
    expect(accepted).toEqual([]);
  });

  it('of another form is refused, and lets the directory go', async () => {
    await within((store) => store.update([record('vm', 'owner', 7)]));
    const good = readFileSync(file, 'utf8');
    for (const text of [
      'null',
      '[]',
      '{}',
      good.replace('"format": 1', '"format": 2'),
      good.replace('"owner"', '"king"'),
    ]) {
      writeFileSync(file, text);
      await expect(OwnershipStore.open(stateDir)).rejects.toMatchObject({ code: 'E_STATE_CORRUPT' });
    }
    writeFileSync(file, good);
    expect(await recordsOnDisk()).toHaveLength(1);
  });
});

describe('a state directory', () => {
  it('belongs to one agent at a time', async () => {
    await within(async () => {
      const second = OwnershipStore.open(stateDir);
      await expect(second).rejects.toMatchObject({ code: 'E_STATE_DIR', parameters: { path: stateDir } });
    });
    expect(await recordsOnDisk()).toEqual([]);
  });

  it('that cannot be made is E_STATE_DIR', async () => {
    writeFileSync(join(root, 'made'), 'a file');
    await expect(OwnershipStore.open(stateDir)).rejects.toMatchObject({ code: 'E_STATE_DIR' });
  });

  it('whose record is no file is E_STATE_DIR', async () => {
    await OwnershipStore.open(file).then((store) => store.close());
    await expect(OwnershipStore.open(stateDir)).rejects.toMatchObject({ code: 'E_STATE_DIR' });
  });
});
