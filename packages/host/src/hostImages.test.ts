import type { ByteStore, ImageView } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import { describe, expect, it } from 'vitest';
import { HostImages } from './hostImages.js';

function viewOf(name: string, role: string): ImageView {
  const owner = { role, epoch: 1 };
  return { name, path: '', kind: 'disk', size: 0, blockSize: 4096, allocatedBytes: 0, owner, dirtyBlocks: 0 };
}

const nothing = () => Promise.resolve();
function bytesOf(size: number): ByteStore {
  const read = () => Promise.resolve(Buffer.alloc(0));
  return { size, read, write: nothing, writeZeroes: nothing, discard: nothing, flush: nothing, markDirty: nothing };
}

/** `here` is open; of `here` and `gone` there are records. */
function images(assertFree?: (name: string) => void): HostImages {
  const opened: string[] = ['here'];
  const view = (name: string) => viewOf(name, 'open');
  const open = {
    isOpen: (name: string) => opened.includes(name),
    list: () => opened.map(view),
    view,
    bytes: () => bytesOf(1),
    open: async ({ name }: { name: string }) => {
      opened.push(name);
      return view(name);
    },
    close: async (name: string) => {
      opened.splice(opened.indexOf(name), 1);
    },
  };
  const recorded = {
    list: () => ['here', 'gone'].map((name) => viewOf(name, 'recorded')),
    view: (name: string) => viewOf(name, 'recorded'),
    bytes: (name: string): ByteStore => {
      throw new GodwitError('E_MOVED', { name, location: 'http://there/' });
    },
  };
  return new HostImages(open, recorded, assertFree);
}

const told = ({ name, owner }: ImageView) => `${name} ${owner.role}`;

describe('the images of an agent with both roles', () => {
  it('are listed once, as they are open where they are', () => {
    expect(images().list().map(told)).toEqual(['here open', 'gone recorded']);
  });

  it('are read and written where they are open, and of the others the records tell', () => {
    const all = images();
    expect(all.bytes('here').size).toBe(1);
    expect(() => all.bytes('gone')).toThrow(expect.objectContaining({ code: 'E_MOVED' }));
    expect(told(all.view('gone'))).toBe('gone recorded');
  });

  it('are told of by their records once they are closed', async () => {
    const all = images();
    await all.open({ name: 'more', path: '/more', kind: 'disk' });
    expect(all.list().map(told)).toEqual(['here open', 'more open', 'gone recorded']);
    await all.close('here');
    expect(all.list().map(told)).toEqual(['more open', 'here recorded', 'gone recorded']);
  });

  it('are not closed under a machine that runs on them', async () => {
    const all = images((name) => {
      throw new GodwitError('E_VM', { name, problem: 'it runs' });
    });
    await expect(all.close('here')).rejects.toMatchObject({ code: 'E_VM' });
    expect(told(all.view('here'))).toBe('here open');
  });
});
