import { resolve } from 'node:path';
import {
  type ByteStore,
  checkImageName,
  type ImageSpec,
  type ImageStore,
  type ImageView,
  type OwnershipStore,
} from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import { defaultBlockBytes, LiveImage } from '@godwit/image';

/** The images that a source agent has open, and what its records say of them. */
export class SourceImages implements ImageStore {
  readonly #open = new Map<string, LiveImage>();
  readonly #ownership: OwnershipStore;
  /** The running migration of an image, if any; set by Migrations. */
  migrationOf: (name: string) => string | undefined = () => undefined;
  /** Told when a closed image's metrics are to be forgotten. */
  onClosed: (name: string) => void = () => undefined;

  constructor(ownership: OwnershipStore) {
    this.#ownership = ownership;
  }

  /** @throws GodwitError E_NOT_FOUND */
  live(name: string): LiveImage {
    const image = this.#open.get(name);
    if (image === undefined) throw new GodwitError('E_NOT_FOUND', { what: 'image', name });
    return image;
  }

  all(): LiveImage[] {
    return [...this.#open.values()];
  }

  list(): ImageView[] {
    return this.all().map((image) => this.view(image.name));
  }

  view(name: string): ImageView {
    const { file, kind, size, blockBytes, maps, location } = this.live(name);
    const record = this.#ownership.get(name);
    const migration = this.migrationOf(name);
    return {
      name,
      path: file.path,
      size,
      kind,
      blockSize: blockBytes,
      allocatedBytes: file.allocatedBytes(),
      owner: { role: record?.role ?? 'owner', epoch: record?.epoch ?? 0 },
      dirtyBlocks: maps.dirty.count(),
      ...(migration === undefined ? {} : { migration }),
      ...(location === '' ? {} : { location }),
    };
  }

  bytes(name: string): ByteStore {
    const image = this.live(name);
    if (this.#ownership.get(name)?.role === 'released') {
      throw new GodwitError('E_MOVED', { name, location: image.location });
    }
    return image;
  }

  async open(spec: ImageSpec): Promise<ImageView> {
    checkImageName(spec.name);
    const taken = this.#open.get(spec.name);
    if (taken !== undefined) throw new GodwitError('E_NAME_TAKEN', { name: spec.name, path: taken.file.path });
    const blockBytes = spec.blockBytes ?? defaultBlockBytes(spec.kind);
    // Absolute, for the record outlives this working directory.
    const image = LiveImage.open({ ...spec, path: resolve(spec.path), blockBytes });
    // Taken at once, so that a second call for the same name or file meets it while records are written.
    try {
      this.#checkFileUnused(image);
      this.#open.set(spec.name, image);
      await this.#adoptRecord(image);
    } catch (error) {
      this.#open.delete(spec.name);
      await image.close();
      throw error;
    }
    return this.view(spec.name);
  }

  async close(name: string): Promise<void> {
    const image = this.live(name);
    const migration = this.migrationOf(name);
    if (migration !== undefined) throw new GodwitError('E_BUSY_IMAGE', { name, id: migration });
    this.#open.delete(name);
    await image.maps.gate.quiesce();
    await image.close();
    this.onClosed(name);
  }

  async closeAll(): Promise<void> {
    for (const image of this.all()) await image.close();
    this.#open.clear();
  }

  #checkFileUnused(image: LiveImage): void {
    const identity = image.file.identity();
    const other = this.all().find((open) => open.file.identity() === identity);
    if (other !== undefined) {
      throw new GodwitError('E_OPEN_TWICE', { path: image.file.path, name: other.name });
    }
  }

  /** What the records say decides whether the gate opens: an image that left, or may have, takes no writes. */
  async #adoptRecord(image: LiveImage): Promise<void> {
    const { name, kind, blockBytes } = image;
    const path = image.file.path;
    const elsewhere = this.#ownership
      .all()
      .find((other) => other.path === path && other.name !== name && hasLeft(other));
    if (elsewhere !== undefined) {
      throw new GodwitError('E_NOT_OWNER', { name, state: `${path} left as image "${elsewhere.name}"` });
    }
    const record = this.#ownership.get(name);
    if (record !== undefined && hasLeft(record)) {
      if (record.path !== path)
        throw new GodwitError('E_NOT_OWNER', { name, state: `${record.role}, from ${record.path}` });
      image.location = record.location;
      if (record.role === 'released') image.maps.gate.move();
      else image.maps.gate.close();
      return;
    }
    if (record !== undefined && record.role !== 'owner')
      throw new GodwitError('E_NOT_OWNER', { name, state: record.role });
    const epoch = record?.epoch ?? 1;
    await this.#ownership.update([
      {
        name,
        path,
        role: 'owner',
        epoch,
        kind,
        blockBytes,
        migration: record?.migration ?? '',
        location: '',
        peer: '',
      },
    ]);
  }
}

function hasLeft(record: { role: string }): boolean {
  return record.role === 'released' || record.role === 'sealed';
}
