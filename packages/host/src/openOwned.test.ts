import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, type ImageSpec, type OwnerRecord } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openOwned } from './openOwned.js';

let folder = '';
let dir = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'godwit-owned-')));
  dir = join(folder, 'images');
  mkdirSync(dir);
});
afterEach(() => rmSync(folder, { recursive: true }));

function fileAt(...parts: string[]): string {
  const path = join(folder, ...parts);
  writeFileSync(path, Buffer.alloc(4096));
  return path;
}

function record(name: string, role: OwnerRecord['role'], path: string, more: Partial<OwnerRecord> = {}): OwnerRecord {
  const kind = 'disk' as const;
  const rest = {
    epoch: 2,
    fence: 2,
    blockBytes: 4096,
    migration: 'm1',
    location: '',
    peer: '',
    file: '',
    offeredBy: '',
  };
  return { name, role, path, kind, ...rest, ...more };
}

/** What is opened, as `name path`, by these records and this command line. */
async function opened(
  records: readonly OwnerRecord[],
  specs: readonly ImageSpec[] = [],
  refused = '',
): Promise<string[]> {
  const names = new Map<string, string>();
  const images = {
    isOpen: (name: string) => names.has(name),
    openOwn: async ({ name, path, kind }: ImageSpec) => {
      if (name === refused) throw new GodwitError('E_NO_FILE', { path });
      names.set(name, path);
      const owner = { role: 'owner', epoch: 2 };
      return { name, path, kind, size: 0, blockSize: 4096, allocatedBytes: 0, owner, dirtyBlocks: 0 };
    },
  };
  const ownership = { all: () => [...records], get: (name: string) => records.find((one) => one.name === name) };
  await openOwned({ images, ownership, dir, logger: createLogger('silent') }, specs);
  return [...names].map(([name, path]) => `${name} ${path}`);
}

const spec = (name: string, path: string): ImageSpec => ({ name, path, kind: 'disk' });

describe('what an agent with both roles opens at its start', () => {
  it('is what arrived and is owned here, and nothing that comes, left or was opened from elsewhere by a client', async () => {
    const path = fileAt('images', 'vm.img');
    const elsewhere = fileAt('other.img');
    const records = [
      record('vm', 'owner', path),
      record('other', 'owner', elsewhere),
      record('left', 'released', fileAt('images', 'left.img'), { location: 'http://there/' }),
      record('coming', 'incoming', fileAt('images', 'coming.img')),
      record('ready', 'prepared', fileAt('images', 'ready.img')),
    ];
    expect(await opened(records)).toEqual([`vm ${path}`]);
  });

  it('is what is sealed, wherever it is, to ask who owns it', async () => {
    const path = fileAt('elsewhere.img');
    expect(await opened([record('vm', 'sealed', path)])).toEqual([`vm ${path}`]);
  });

  it('is what arrived before the folder was reached by another way', async () => {
    symlinkSync(dir, join(folder, 'link'));
    fileAt('images', 'vm.img');
    const path = join(folder, 'link', 'vm.img');
    expect(await opened([record('vm', 'owner', path)])).toEqual([`vm ${path}`]);
  });

  it('is the rest, where one cannot be opened', async () => {
    const path = fileAt('images', 'b.img');
    const records = [record('a', 'owner', join(dir, 'a.img')), record('b', 'owner', path)];
    expect(await opened(records, [], 'a')).toEqual([`b ${path}`]);
  });

  it('is an image of the command line that no record is about, or whose record is of that file', async () => {
    const [fresh, known, left] = [fileAt('fresh.img'), fileAt('known.img'), fileAt('left.img')];
    const records = [record('known', 'owner', known), record('left', 'released', left, { location: 'http://there/' })];
    const specs = [spec('fresh', fresh), spec('known', known), spec('left', left)];
    expect(await opened(records, specs)).toEqual([`fresh ${fresh}`, `known ${known}`, `left ${left}`]);
  });

  it('is what came back, not what the command line still names', async () => {
    const [first, back] = [fileAt('first.img'), fileAt('images', 'vm.img')];
    expect(await opened([record('vm', 'owner', back)], [spec('vm', first)])).toEqual([`vm ${back}`]);
  });

  it.each(['released', 'incoming', 'prepared', 'aborted'] as const)(
    'is nothing that the command line names of an image that is %s elsewhere',
    async (role) => {
      const first = fileAt('first.img');
      const there = record('vm', role, fileAt('images', 'vm.img'), { location: 'http://there/' });
      expect(await opened([there], [spec('vm', first)])).toEqual([]);
    },
  );

  it('is a file of the command line to which an operator has moved what was owned', async () => {
    const now = fileAt('now.img');
    expect(await opened([record('vm', 'owner', join(dir, 'vm.img'))], [spec('vm', now)])).toEqual([`vm ${now}`]);
  });

  it('is an error where the command line names what cannot be opened', async () => {
    await expect(opened([], [spec('vm', '/nowhere')], 'vm')).rejects.toMatchObject({ code: 'E_NO_FILE' });
  });
});
