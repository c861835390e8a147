import { statSync } from 'node:fs';
import type { ByteStore, ImageStore, ImageView, Logger, NbdService, OwnerRecord, OwnershipStore } from '@godwit/agent';
import { GodwitError, problemOf } from '@godwit/errors';
import { LiveImage } from '@godwit/image';

type Exported = Pick<NbdService, 'add' | 'expect' | 'withdraw' | 'urisOf'>;

/** The images of a destination: those it serves, and those it is receiving, which nobody may touch. */
export class DestinationImages implements ImageStore {
  readonly #ownership: OwnershipStore;
  readonly #exports: Exported | undefined;
  readonly #served = new Map<string, LiveImage>();

  /** `exports`: where served images are served by NBD too. */
  constructor(ownership: OwnershipStore, exports?: Exported) {
    this.#ownership = ownership;
    this.#exports = exports;
  }

  /** Serves every image whose record says that it is owned here; one whose file is gone is no reason to hold back the rest. */
  reopen(logger: Logger): void {
    for (const record of this.#ownership.all()) {
      if (record.role !== 'owner') continue;
      try {
        const image = LiveImage.open({ ...record, expected: { followsLinks: false } });
        image.lock();
        this.serve(image);
      } catch (error) {
        logger.error({ image: record.name, reason: problemOf(error) }, 'an image that is owned here cannot be served');
      }
    }
  }

  /** Makes ready what serving an image takes; its gate lets nobody in before `serve`. */
  expect(image: LiveImage): void {
    image.maps.gate.seal();
    this.#exports?.expect(image);
  }

  /** What was expected does not come. */
  async dismiss(name: string): Promise<void> {
    await this.#exports?.withdraw(name);
  }

  /** From now on the image is read and written here; its record must say owner. */
  serve(image: LiveImage): void {
    if (this.#ownership.get(image.name)?.role !== 'owner') {
      throw new GodwitError('E_INTERNAL', { problem: `${image.name} would be served without being owned` });
    }
    this.#served.set(image.name, image);
    if (image.maps.gate.isHidden) image.maps.gate.open();
    else this.#exports?.add(image);
  }

  served(): LiveImage[] {
    return [...this.#served.values()];
  }

  list(): ImageView[] {
    return this.#ownership
      .all()
      .filter((record) => record.role !== 'aborted')
      .map((record) => this.#describe(record));
  }

  view(name: string): ImageView {
    return this.#describe(this.#record(name));
  }

  bytes(name: string): ByteStore {
    const record = this.#record(name);
    const image = this.#served.get(name);
    if (record.role === 'owner' && image !== undefined) return image;
    if (record.role === 'released') throw new GodwitError('E_MOVED', { name, location: record.location });
    const state = record.role === 'owner' ? 'owned here, but its file cannot be served; see the log' : record.role;
    throw new GodwitError('E_NOT_OWNER', { name, state });
  }

  /** At the end of the agent. Not `close`: as an ImageStore that would offer DELETE, and one call of it would close all. */
  async closeAll(): Promise<void> {
    for (const image of this.#served.values()) {
      await image.maps.gate.quiesce();
      await image.close();
    }
    this.#served.clear();
  }

  #record(name: string): OwnerRecord {
    const record = this.#ownership.get(name);
    if (record === undefined || record.role === 'aborted')
      throw new GodwitError('E_NOT_FOUND', { what: 'image', name });
    return record;
  }

  #describe(record: OwnerRecord): ImageView {
    const { name, path, kind, blockBytes, role, epoch, migration, location } = record;
    const stat = statSync(path, { throwIfNoEntry: false });
    const nbd = this.#served.has(name) ? (this.#exports?.urisOf(name) ?? []) : [];
    return {
      name,
      path,
      size: stat?.size ?? 0,
      kind,
      blockSize: blockBytes,
      allocatedBytes: (stat?.blocks ?? 0) * 512,
      owner: { role, epoch },
      dirtyBlocks: this.#served.get(name)?.maps.dirty.count() ?? 0,
      ...(role === 'owner' ? {} : { migration }),
      ...(nbd.length === 0 ? {} : { nbd }),
      ...(location === '' ? {} : { location }),
    };
  }
}
