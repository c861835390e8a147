import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { OwnershipStore } from './ownershipStore.js';
import { readRecords } from './recordFile.js';
import { encodeSlot } from './recordSlots.js';
import type { OwnerRecord, OwnerRole } from './records.js';
import { documentOf } from './testing/contents.js';
import { SimulatedDisk } from './testing/simulatedDisk.js';

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
      expect(readRecords(file)?.records).toEqual(store.all());
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
      expect(existsSync(`${file}.new`)).toBe(false);
    }
  });

  it('of the form before are read, and kept in the form of today', async () => {
    const records = [record('vm', 'sealed', 7), record('ram', 'incoming', 2)];
    const content = { identity: 'abc', records, outcomes: [{ migration: 'm-0', outcome: 'owner' as const }] };
    await within(() => undefined);
    writeFileSync(file, documentOf(content));
    await within((store) => {
      expect([store.identity, store.all(), store.outcomeOf('m-0')]).toEqual(['abc', records, 'owner']);
      // Before the first change: what follows a crash of this very start reads slots.
      expect(readFileSync(file, 'latin1')).toMatch(/^godwit-ownership /);
      expect(readRecords(file)).toEqual(content);
    });
    expect(await recordsOnDisk()).toEqual(records);
  });

  it('show nothing, and let nothing follow, before they are synced', async () => {
    const disk = new SimulatedDisk(() => 0.5);
    const store = await OwnershipStore.open(stateDir, disk);
    const atCalls: string[] = [];
    disk.beforeCall = (name) => atCalls.push(`${name} ${store.get('vm')?.role ?? 'none'}`);
    const done = (update: Promise<void>) => update.then(() => atCalls.push('resolved'));
    await done(store.update([record('vm', 'owner', 1)]));
    await done(store.update([record('vm', 'sealed', 1)]));
    expect(atCalls).toEqual(['write none', 'syncData none', 'resolved', 'write owner', 'syncData owner', 'resolved']);
    await store.close();
  });

  it('that may be on disk in spite of a failed sync are not seen, and are gone after the next change', async () => {
    const disk = new SimulatedDisk(() => 0.5);
    const store = await OwnershipStore.open(stateDir, disk);
    await store.update([record('vm', 'owner', 1)]);
    disk.beforeCall = (name) => {
      if (name === 'syncData') throw Object.assign(new Error('input/output error'), { code: 'EIO' });
    };
    await expect(store.update([record('vm', 'sealed', 1)])).rejects.toMatchObject({ code: 'E_STATE_DIR' });
    expect(store.get('vm')?.role).toBe('owner');
    // No fdatasync of the file in doubt: it would succeed, and say nothing.
    await store.update([record('ram', 'owner', 1)]);
    expect(readRecords(file, disk)?.records).toEqual([record('vm', 'owner', 1), record('ram', 'owner', 1)]);
    await store.close();
  });
});

describe('soon after the last change', () => {
  const slots = (bytes: Buffer) => bytes.toString().replaceAll('\0', '').split('\n');
  const sealed = [record('vm', 'sealed', 1)];

  it.each(['when it is quiet', 'when the store is closed'])('both slots hold it: %s', async (when) => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const disk = new SimulatedDisk(() => 0.5);
    const store = await OwnershipStore.open(stateDir, disk);
    await store.update([record('vm', 'owner', 1)]);
    await store.update(sealed);
    const contents = () => slots(disk.read(file)).filter((line) => line.startsWith('{'));
    expect(new Set(contents()).size).toBe(2);
    if (when === 'when it is quiet') vi.advanceTimersByTime(1000);
    else await store.close();
    expect(contents()).toHaveLength(2);
    expect(new Set(contents()).size).toBe(1);
    // A block that is lost later, whichever it is, does not bring back the owner.
    for (const slot of [0, 1]) {
      const bytes = disk.read(file);
      bytes.fill(0, (slot * bytes.length) / 2, ((slot + 1) * bytes.length) / 2);
      expect(readRecords(file, { read: () => bytes })?.records).toEqual(sealed);
    }
    await store.close().catch(() => undefined);
  });

  it('a mirror that cannot be written harms nobody', async () => {
    const disk = new SimulatedDisk(() => 0.5);
    const store = await OwnershipStore.open(stateDir, disk);
    await store.update([record('vm', 'owner', 1)]);
    disk.beforeCall = () => {
      throw Object.assign(new Error('input/output error'), { code: 'EIO' });
    };
    await store.close();
    expect(readRecords(file, disk)?.records).toEqual([record('vm', 'owner', 1)]);
  });
});

describe('a damaged record', () => {
  /** What is not refused of a file, damaged at each byte in turn and cut there. */
  function accepted(good: Buffer, damage: (bytes: Buffer, at: number) => void): string[] {
    const seen: string[] = [];
    const attempt = (what: string, bytes: Buffer) => {
      try {
        readRecords(file, { read: () => bytes });
        seen.push(what);
      } catch (error) {
        expect(error).toMatchObject({ code: 'E_STATE_CORRUPT' });
      }
    };
    for (let at = 0; at < good.length && good[at] !== 0; at++) {
      const damaged = Buffer.from(good);
      damage(damaged, at);
      attempt(`byte ${at} "${good.toString('latin1', at, at + 1)}"`, damaged);
      attempt(`${at} bytes`, good.subarray(0, at));
    }
    return seen;
  }
  const flip = (bytes: Buffer, at: number) => {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
  };

  it('is never taken for a record, whichever bit is flipped in both slots or wherever it is cut', async () => {
    await within((store) => store.update([record('vm', 'owner', 7)]));
    const good = readFileSync(file);
    const end = good.indexOf(0) - 1;
    const seen = accepted(good, (bytes, at) => {
      flip(bytes, at);
      flip(bytes, at + good.length / 2);
    });
    // The newline at its end is no part of a record.
    expect(seen).toEqual([`byte ${end} "\n"`]);
  });

  it('of the form before is none either', () => {
    const good = documentOf({ identity: 'abc', records: [record('vm', 'owner', 7)], outcomes: [] });
    // Without its last newline the file is whole.
    expect(accepted(good, flip)).toEqual([`${good.length - 1} bytes`]);
  });

  it('of another form is refused, and lets the directory go', async () => {
    await within((store) => store.update([record('vm', 'owner', 7)]));
    const good = readFileSync(file);
    const text = documentOf({ identity: 'abc', records: [record('vm', 'owner', 7)], outcomes: [] }).toString();
    const king = Buffer.from(JSON.stringify({ identity: 'abc', records: [{ role: 'king' }], outcomes: [] }));
    for (const bytes of [
      '',
      'null',
      '[]',
      '{}',
      text.replace('"format": 1', '"format": 2'),
      text.replace('"owner"', '"king"'),
      good.toString('latin1').replaceAll('format=2', 'format=3'),
      Buffer.alloc(good.length),
      Buffer.concat([encodeSlot({ sequence: 2, slotBytes: 4096, payload: king }, 0), Buffer.alloc(4096)]),
    ]) {
      writeFileSync(file, bytes);
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
