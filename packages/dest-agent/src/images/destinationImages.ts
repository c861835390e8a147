import { statSync } from 'node:fs';
import type { ByteStore, ImageStore, ImageView, Logger, NbdService, OwnerRecord, OwnershipStore } from '@godwit/agent';
import { GodwitError, problemOf } from '@godwit/errors';
import { LiveImage } from '@godwit/image';

type Exported = Pick<NbdService, 'add' | 'expect' | 'withdraw' | 'urisOf'>;

/** Who has the images that arrive from the moment on that they are owned here, where that is not a destination. */
export interface ImageTaker {
  /** Where a record is kept of what is written to the image while it is on the move. */
  recordFolderOf(name: string): string;
  /** A copy of the image is about to be opened: one that left from here is open no more when this resolves. */
  makeWay(name: string): Promise<void>;
  /** It is open, and on its way in. @throws GodwitError when it cannot be taken */
  expect(image: LiveImage): void;
  /** What was expected does not come. */
  dismiss(name: string): void;
  /** Owned here, open, locked and exported; its gate opens when this returns. */
  adopt(image: LiveImage): void;
}

/** The images of a destination: those it serves, and those it is receiving, which nobody may touch. */
export class DestinationImages implements ImageStore {
  readonly #ownership: OwnershipStore;
  readonly #exports: Exported | undefined;
  readonly #served = new Map<string, LiveImage>();

  readonly #taker: ImageTaker | undefined;

  /** `exports`: where served images are served by NBD too; `taker`: whose they are then, if not this agent's for good. */
  constructor(ownership: OwnershipStore, exports?: Exported, taker?: ImageTaker) {
    this.#ownership = ownership;
    this.#exports = exports;
    this.#taker = taker;
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

  /** As LiveImageOptions has it, for an image that may be sent on from here. */
  recordFolder(name: string): { readonly recordFolder?: string } {
    return this.#taker === undefined ? {} : { recordFolder: this.#taker.recordFolderOf(name) };
  }

  /** To be called when the record of what comes is on disk, before its file is opened. */
  async makeWay(name: string): Promise<void> {
    await this.#taker?.makeWay(name);
  }

  /** Makes ready what serving an image takes; its gate lets nobody in before `serve`. */
  expect(image: LiveImage): void {
    this.#taker?.expect(image);
    image.maps.gate.seal();
    this.#exports?.expect(image);
  }

  /** What was expected does not come. */
  async dismiss(name: string): Promise<void> {
    await this.#exports?.withdraw(name);
    this.#taker?.dismiss(name);
  }

  /** From now on the image is read and written here; its record must say owner. */
  serve(image: LiveImage): void {
    if (this.#ownership.get(image.name)?.role !== 'owner') {
      throw new GodwitError('E_INTERNAL', { problem: `${image.name} would be served without being owned` });
    }
    if (this.#taker === undefined) this.#served.set(image.name, image);
    else this.#taker.adopt(image);
    if (image.maps.gate.isHidden) image.maps.gate.open();
    else this.#exports?.add(image);
  }

  served(): LiveImage[] {
    return [...this.#served.values()];
  }

  list(): ImageView[] {
    return this.#ownership
      .all()
      .filter(isKnown)
      .map((record) => this.#describe(record));
  }

  view(name: string): ImageView {
    return this.#describe(this.#record(name));
  }

  bytes(name: string): ByteStore {
    const record = this.#record(name);
    const image = this.#served.get(name);
    if (record.role === 'owner' && image !== undefined) return image;
    // Of one that left and is on its way back, or did not come back, it is known where it is.
    if (record.location !== '') throw new GodwitError('E_MOVED', { name, location: record.location });
    const state = record.role === 'owner' ? 'owned here, but its file is not served; see the log' : record.role;
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
    if (record === undefined || !isKnown(record)) throw new GodwitError('E_NOT_FOUND', { what: 'image', name });
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

/** Of what was given up nothing is left to tell, unless it is known where the image went. */
function isKnown({ role, location }: OwnerRecord): boolean {
  return role !== 'aborted' || location !== '';
}
