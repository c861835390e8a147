import { linkSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { AllowedRoots, createLogger, type OwnerRole, OwnershipStore } from '@godwit/agent';
import { LiveImage } from '@godwit/image';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SourceImages } from './sourceImages.js';

const BLOCK = 4096;
const SIZE = 8 * BLOCK;
const THERE = 'http://there:7401/v1/images/vm';

let folder: string;
let ownership: OwnershipStore;
let images: SourceImages;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-images-'));
  ownership = await OwnershipStore.open(join(folder, 'state'));
  images = new SourceImages(ownership, join(folder, 'state'), createLogger('silent'));
});
afterEach(async () => {
  await images.closeAll();
  await ownership.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);

function fileOf(name: string): string {
  writeFileSync(at(name), Buffer.alloc(SIZE, 1));
  return at(name);
}

const open = (name: string, path: string) => images.open({ name, path, kind: 'disk' });

function record(name: string) {
  const found = ownership.get(name);
  if (found === undefined) throw new Error(`no record of ${name}`);
  return found;
}

/** Takes an image's record as far as `role`, as a handover does. */
async function hasBecome(name: string, role: OwnerRole): Promise<void> {
  await ownership.update([{ ...record(name), role: 'sealed', migration: 'm1', peer: 'there:7400' }]);
  if (role === 'released') await ownership.update([{ ...record(name), role, location: THERE }]);
}

/** Whether a promise is still pending after the loop has turned a few times. */
async function isPending(work: Promise<unknown>): Promise<boolean> {
  let pending = true;
  const settled = () => (pending = false);
  work.then(settled, settled);
  for (let i = 0; i < 5; i++) await turnOfTheLoop();
  return pending;
}

function isHeld(image: LiveImage | undefined): boolean {
  try {
    image?.lock();
    return false;
  } catch {
    return true;
  }
}

describe('a file whose image left', () => {
  it.each(['sealed', 'released'] as const)('is known again under every other name of it (%s)', async (role) => {
    const path = fileOf('vm.img');
    symlinkSync(path, at('symbolic.img'));
    symlinkSync(folder, at('folder'));
    linkSync(path, at('hard.img'));
    await open('vm', at('symbolic.img'));
    expect(record('vm').path).toBe(path);
    await hasBecome('vm', role);
    await images.close('vm');
    for (const other of [path, at('symbolic.img'), join(at('folder'), 'vm.img'), at('hard.img')]) {
      await expect(open('again', other), other).rejects.toMatchObject({ code: 'E_NOT_OWNER' });
    }
    expect(ownership.get('again')).toBeUndefined();
    expect((await open('vm', at('hard.img'))).owner.role).toBe(role);
  });

  it('does not stand in the way of a new file that was given its inode', async () => {
    await open('vm', fileOf('vm.img'));
    await hasBecome('vm', 'released');
    await images.close('vm');
    unlinkSync(at('vm.img'));
    expect((await open('new', fileOf('new.img'))).owner.role).toBe('owner');
    expect(record('new').file).not.toBe(record('vm').file);
  });

  it('is not mistaken for another that its name is given to', async () => {
    await open('vm', fileOf('vm.img'));
    await hasBecome('vm', 'sealed');
    await images.close('vm');
    await expect(open('vm', fileOf('other.img'))).rejects.toMatchObject({ code: 'E_NOT_OWNER' });
  });
});

describe('a file that is open', () => {
  it('is not opened by another agent, until it is closed here', async (context) => {
    const path = fileOf('vm.img');
    const [other, third] = [1, 2].map(() => LiveImage.open({ name: 'there', path, kind: 'disk', blockBytes: BLOCK }));
    other?.lock();
    // Without koffi there are no locks, and LIMITS.md says so: nothing is left to test.
    if (!isHeld(third)) context.skip('locks are not to be had here');
    await third?.close();
    await expect(open('vm', path)).rejects.toMatchObject({ code: 'E_UNREADABLE' });
    expect([ownership.get('vm'), images.list()]).toEqual([undefined, []]);
    await other?.close();
    await open('vm', path);
    await expect(open('again', path)).rejects.toMatchObject({ code: 'E_OPEN_TWICE' });
  });

  it('and its name stay taken while a write is in progress after it was closed', async () => {
    const path = fileOf('vm.img');
    await open('vm', path);
    const image = images.live('vm');
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const write = image.file.write.bind(image.file);
    vi.spyOn(image.file, 'write').mockImplementation(async (data, offset) => {
      await held;
      await write(data, offset);
    });
    const writing = images.bytes('vm').write(0, Buffer.from('late'));
    const closed: string[] = [];
    images.onClosed = (name) => closed.push(name);
    const closing = images.close('vm');
    expect(await isPending(closing)).toBe(true);
    expect(() => images.bytes('vm')).toThrow(expect.objectContaining({ code: 'E_NOT_FOUND' }));
    await expect(images.close('vm')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    await expect(open('vm', fileOf('other.img'))).rejects.toMatchObject({ code: 'E_NAME_TAKEN' });
    await expect(open('again', path)).rejects.toMatchObject({ code: 'E_OPEN_TWICE' });
    expect(closed).toEqual([]);
    goOn();
    await Promise.all([writing, closing]);
    expect(closed).toEqual(['vm']);
    await open('vm', path);
    expect((await images.bytes('vm').read(0, 4)).toString()).toBe('late');
  });

  it('and its name are free again when it could not be opened', async () => {
    const path = fileOf('vm.img');
    const update = vi.spyOn(ownership, 'update').mockRejectedValueOnce(new Error('disk full'));
    const [first, second] = [open('vm', path), open('vm', path)];
    await expect(second).rejects.toMatchObject({ code: 'E_NAME_TAKEN' });
    await expect(first).rejects.toThrow('disk full');
    update.mockRestore();
    expect((await open('vm', path)).name).toBe('vm');
  });

  it('is told of once it is open, not when it was refused', async () => {
    const opened = vi.fn(() => images.list().map(({ name }) => name));
    images.onOpened = opened;
    await expect(open('vm', at('missing'))).rejects.toMatchObject({ code: 'E_NO_FILE' });
    expect(opened).not.toHaveBeenCalled();
    await open('vm', fileOf('vm.img'));
    expect(opened).toHaveReturnedWith(['vm']);
  });
});

describe('reads of an image', () => {
  it('go on in the pause, until it is sealed; then wait for the destination’s word', async () => {
    await open('vm', fileOf('vm.img'));
    const { gate } = images.live('vm').maps;
    const bytes = images.bytes('vm');
    gate.close();
    expect((await bytes.read(0, 1))[0]).toBe(1);
    gate.seal();
    const [early, late] = [bytes.read(0, 1), images.bytes('vm').read(0, 1)];
    expect(await isPending(Promise.race([early, late]))).toBe(true);
    // The destination gave up.
    gate.open();
    expect([(await early)[0], (await late)[0]]).toEqual([1, 1]);
  });

  it('that waited are told where it moved, also when that could not be recorded', async () => {
    await open('vm', fileOf('vm.img'));
    const image = images.live('vm');
    image.maps.gate.seal();
    await hasBecome('vm', 'sealed');
    const moved = expect(images.bytes('vm').read(0, 1)).rejects.toMatchObject({
      code: 'E_MOVED',
      parameters: { location: THERE },
    });
    image.location = THERE;
    image.maps.gate.move();
    await moved;
    await expect(images.bytes('vm').read(0, 1)).rejects.toMatchObject({ code: 'E_MOVED' });
  });

  it('wait after a restart that finds it sealed, and are refused after one that finds it released', async () => {
    const path = fileOf('vm.img');
    await open('vm', path);
    await hasBecome('vm', 'sealed');
    await images.close('vm');
    await open('vm', path);
    const image = images.live('vm');
    const read = images.bytes('vm').read(0, 1);
    expect(await isPending(read)).toBe(true);
    await ownership.update([{ ...record('vm'), role: 'released', location: THERE }]);
    expect(() => images.bytes('vm')).toThrow(
      expect.objectContaining({ code: 'E_MOVED', parameters: { name: 'vm', location: THERE } }),
    );
    expect(await isPending(read)).toBe(true);
    const moved = expect(read).rejects.toMatchObject({ code: 'E_MOVED' });
    image.maps.gate.move();
    await moved;
  });
});

describe('an image that a client names', () => {
  it('outside the allowed roots is not opened, while the operator may open it', async () => {
    const roots = AllowedRoots.of([folder], false);
    await images.closeAll();
    images = new SourceImages(ownership, join(folder, 'state'), createLogger('silent'), undefined, roots);
    const outside = mkdtempSync(join(tmpdir(), 'godwit-outside-'));
    const path = join(outside, 'disk');
    writeFileSync(path, Buffer.alloc(SIZE));
    symlinkSync(path, at('link'));
    for (const named of [path, at('link'), `${folder}/../${path}`]) {
      await expect(open('one', named)).rejects.toMatchObject({ code: 'E_OUTSIDE_ROOT' });
      expect(images.list()).toEqual([]);
    }
    await open('two', fileOf('two'));
    await images.openOwn({ name: 'one', path, kind: 'disk' });
    expect(images.list().map(({ name }) => name)).toEqual(['two', 'one']);
    rmSync(outside, { recursive: true });
  });
});

describe('an image that arrives', () => {
  /** Received at `name`.img, and expected, locked and sealed as a copy is. */
  function arriving(name: string): LiveImage {
    const recordFolder = images.recordFolderOf(name);
    const image = LiveImage.open({ name, path: fileOf(`${name}.img`), kind: 'disk', blockBytes: BLOCK, recordFolder });
    image.lock();
    images.expect(image);
    return image;
  }

  it('is one of these once it is adopted, with the gate and the maps that it came with', async () => {
    const image = arriving('vm');
    expect(() => images.live('vm')).toThrow(expect.objectContaining({ code: 'E_NOT_FOUND' }));
    images.adopt(image);
    expect(images.live('vm')).toBe(image);
    expect(image.maps.log?.folder).toBe(join(folder, 'state', 'dirty', 'vm'));
    await images.bytes('vm').write(0, Buffer.alloc(1));
    expect(images.view('vm')).toMatchObject({ path: at('vm.img'), dirtyBlocks: 1 });
    await images.close('vm');
    expect((await open('vm', at('vm.img'))).owner.role).toBe('owner');
  });

  it('keeps its name and its file from whoever would open another meanwhile', async () => {
    const image = arriving('vm');
    await expect(open('vm', fileOf('other.img'))).rejects.toMatchObject({ code: 'E_NOT_OWNER' });
    await expect(open('other', at('vm.img'))).rejects.toMatchObject({ code: 'E_OPEN_TWICE' });
    expect(ownership.all()).toEqual([]);
    images.dismiss('vm');
    await image.close();
    expect((await open('vm', at('other.img'))).owner.role).toBe('owner');
  });

  it('is not taken where its file is open under another name', async () => {
    await open('other', fileOf('vm.img'));
    const image = LiveImage.open({ name: 'vm', path: at('vm.img'), kind: 'disk', blockBytes: BLOCK });
    expect(() => images.expect(image)).toThrow(expect.objectContaining({ code: 'E_OPEN_TWICE' }));
    await image.close();
  });

  it('finds the one that left let go of, and nothing in its way', async () => {
    await open('vm', fileOf('vm.img'));
    await hasBecome('vm', 'released');
    images.live('vm').maps.gate.move();
    const closed: string[] = [];
    images.onClosed = (name) => closed.push(name);
    // A client closes it at the same time: its file is closed before either is told so.
    await Promise.all([images.close('vm'), images.makeWay('vm')]);
    await images.makeWay('vm');
    expect(closed).toEqual(['vm']);
    expect(images.isOpen('vm')).toBe(false);
    images.adopt(arriving('vm'));
    expect(images.all()).toHaveLength(1);
  });

  it('does not push out one that has not left', async () => {
    await open('vm', fileOf('vm.img'));
    await expect(images.makeWay('vm')).rejects.toMatchObject({ code: 'E_NAME_TAKEN' });
    expect(images.isOpen('vm')).toBe(true);
  });

  it.each(['incoming', 'prepared'] as const)('is not served under another name while it is %s', async (role) => {
    const path = fileOf('vm.img');
    const about = { name: 'vm', path, kind: 'disk' as const, blockBytes: BLOCK, epoch: 2, fence: 0, migration: 'm1' };
    const rest = { location: '', peer: '', file: '', offeredBy: 's1' };
    await ownership.update([{ ...about, ...rest, role: 'incoming' }]);
    if (role === 'prepared') await ownership.update([{ ...about, ...rest, role }]);
    await expect(open('again', path)).rejects.toMatchObject({ code: 'E_NOT_OWNER' });
    expect(ownership.get('again')).toBeUndefined();
  });
});
