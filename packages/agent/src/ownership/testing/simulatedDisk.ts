import type { RecordDisk } from '../recordDisk.js';

const SECTOR_BYTES = 512;

/** A number from 0 (included) to 1 (excluded). */
export type Random = () => number;

/** Thrown by the call in which the process or its host ends. */
export class Ended extends Error {}

interface Inode {
  readonly number: number;
  /** What everyone reads: the page cache. */
  cached: Buffer;
  /** What a power cut leaves. */
  durable: Buffer;
  /** Sectors that were written and not synced since. */
  readonly dirty: Set<number>;
}

/**
 * A file system over a disk that keeps of what was not synced any sectors, some of them as garbage. A sync that
 * fails does as Linux does: what it did not write is called clean all the same, and goes on being read.
 */
export class SimulatedDisk implements RecordDisk {
  readonly calls: string[] = [];
  /** Called before each call; throws what is to go wrong. A sync or a write has then been carried out in part. */
  beforeCall: (name: string) => void = () => undefined;
  readonly #random: Random;
  readonly #descriptors = new Map<number, Inode>();
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #next = 1;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Puts a file there that is on disk. */
  place(path: string, content: Buffer): void {
    const inode = { number: this.#next++, cached: content, durable: Buffer.from(content), dirty: new Set<number>() };
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  /** The process ends; what it wrote lives on in the page cache. */
  kill(): void {
    this.#descriptors.clear();
  }

  /** The host ends, and comes back with what its disk has. */
  cutPower(): void {
    this.kill();
    if (this.#random() < 0.5) this.#durableNames = new Map(this.#names);
    else this.#names = new Map(this.#durableNames);
    for (const inode of new Set(this.#names.values())) {
      this.#writeBack(inode, false);
      inode.cached = Buffer.from(inode.durable);
    }
    this.#durableNames = new Map(this.#names);
  }

  read(path: string): Buffer {
    return Buffer.from(this.#at(path).cached);
  }

  create(path: string): number {
    this.#call('create');
    const inode = { number: this.#next++, cached: Buffer.alloc(0), durable: Buffer.alloc(0), dirty: new Set<number>() };
    this.#names.set(path, inode);
    const fd = this.#next++;
    this.#descriptors.set(fd, inode);
    return fd;
  }

  write(fd: number, bytes: Uint8Array, offset: number): void {
    const inode = this.#open(fd);
    const end = offset + bytes.length;
    if (inode.cached.length < end)
      inode.cached = Buffer.concat([inode.cached, Buffer.alloc(end - inode.cached.length)]);
    const first = Math.floor(offset / SECTOR_BYTES);
    const isWhole = this.#isWhole('write');
    for (let sector = first; sector * SECTOR_BYTES < end; sector++) {
      if (!isWhole && this.#random() < 0.5) continue;
      const from = Math.max(offset, sector * SECTOR_BYTES);
      const part = bytes.subarray(from - offset, (sector + 1) * SECTOR_BYTES - offset);
      inode.cached.set(part, from);
      inode.dirty.add(sector);
    }
    if (!isWhole) this.#fail();
  }

  syncData(fd: number): void {
    this.#sync('syncData', this.#open(fd));
  }

  sync(fd: number): void {
    this.#sync('sync', this.#open(fd));
  }

  rename(from: string, to: string): void {
    this.#call('rename');
    const inode = this.#at(from);
    this.#names.set(to, inode);
    this.#names.delete(from);
  }

  syncFolder(): void {
    this.#call('syncFolder');
    this.#durableNames = new Map(this.#names);
  }

  identity(file: string | number): string | undefined {
    const inode = typeof file === 'number' ? this.#open(file) : this.#names.get(file);
    return inode && `${inode.number}:${inode.cached.length}`;
  }

  close(fd: number): void {
    this.#descriptors.delete(fd);
  }

  #sync(name: string, inode: Inode): void {
    const isWhole = this.#isWhole(name);
    this.#writeBack(inode, isWhole);
    if (!isWhole) this.#fail();
  }

  /** Unless it is whole, of each dirty sector the old bytes, the new ones or neither; then none is dirty. */
  #writeBack(inode: Inode, isWhole: boolean): void {
    const { cached, dirty } = inode;
    const missing = cached.length - inode.durable.length;
    if (missing > 0) inode.durable = Buffer.concat([inode.durable, Buffer.alloc(missing)]);
    const written = isWhole ? 1 : this.#random();
    for (const sector of dirty) {
      const place = inode.durable.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
      const draw = isWhole ? 0 : this.#random();
      if (draw < written) place.set(cached.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES));
      else if (draw > 0.9) place.fill(Math.floor(this.#random() * 256));
    }
    dirty.clear();
  }

  #failure: unknown;

  /** False when the call fails half-way; what it throws then is thrown by `#fail`. */
  #isWhole(name: string): boolean {
    try {
      this.#call(name);
      return true;
    } catch (error) {
      this.#failure = error;
      return false;
    }
  }

  #fail(): never {
    throw this.#failure;
  }

  #call(name: string): void {
    this.calls.push(name);
    this.beforeCall(name);
  }

  #open(fd: number): Inode {
    const inode = this.#descriptors.get(fd);
    if (inode === undefined) throw new Error(`descriptor ${fd} is not open`);
    return inode;
  }

  #at(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
    return inode;
  }
}
