import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  AllowedRoots,
  type ByteStore,
  checkImageName,
  type ImageSpec,
  type ImageStore,
  type ImageView,
  type Logger,
  type NbdService,
  type OwnerRecord,
  type OwnershipStore,
} from '@godwit/agent';
import { GodwitError, problemOf } from '@godwit/errors';
import { DirtyRecord, defaultBlockBytes, type ExpectedFile, GateState, hasRecord, LiveImage } from '@godwit/image';

/** Of NbdService, what images need. */
type ImageExports = Pick<NbdService, 'add' | 'withdraw' | 'urisOf'>;

/** The images that a source agent has open, and what its records say of them. */
export class SourceImages implements ImageStore {
  readonly #open = new Map<string, LiveImage>();
  /**
   * Those that are open, and those that are being opened or closed: their names and files are taken. A file
   * that is closed while a write is in progress may not be opened anew: the write is marked in the old map.
   */
  readonly #taken = new Map<string, LiveImage>();
  readonly #ownership: OwnershipStore;
  readonly #stateDir: string;
  readonly #logger: Logger;
  /** Of images that were on the move when an earlier life ended; for the migration that goes on. */
  readonly #records = new Map<string, DirtyRecord>();
  readonly #exports: ImageExports | undefined;
  readonly #roots: AllowedRoots;
  /** Images that are on their way in: theirs are their names and files, too. */
  readonly #expected = new Map<string, LiveImage>();
  /** Images that are being closed, until their files are. */
  readonly #closing = new Map<string, Promise<void>>();
  /** The running migration of an image, if any; set by Migrations. */
  migrationOf: (name: string) => string | undefined = () => undefined;
  /** Told when an image has been opened; recovery asks about it then, if its record says sealed. */
  onOpened: () => void = () => undefined;
  /** Told when a closed image's metrics are to be forgotten. */
  onClosed: (name: string) => void = () => undefined;

  /** `exports`: where open images are served by NBD; `roots`: where clients may have them. */
  constructor(
    ownership: OwnershipStore,
    stateDir: string,
    logger: Logger,
    exports?: ImageExports,
    roots: AllowedRoots = AllowedRoots.anywhere(),
  ) {
    this.#ownership = ownership;
    this.#stateDir = stateDir;
    this.#logger = logger;
    this.#exports = exports;
    this.#roots = roots;
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
    const nbd = maps.gate.state === GateState.moved ? [] : (this.#exports?.urisOf(name) ?? []);
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
      ...(nbd.length === 0 ? {} : { nbd }),
      ...(location === '' ? {} : { location }),
    };
  }

  bytes(name: string): ByteStore {
    const image = this.live(name);
    const record = this.#ownership.get(name);
    if (record?.role === 'released') throw new GodwitError('E_MOVED', { name, location: record.location });
    return image;
  }

  /** As `openOwn`, for a client of the API: E_OUTSIDE_ROOT unless its path may be opened. */
  async open(spec: ImageSpec): Promise<ImageView> {
    const path = resolve(spec.path);
    this.#roots.checkPath(path);
    return this.#openAs(spec, { check: (fd) => this.#roots.checkOpened(path, fd) });
  }

  /** Opens an image and holds its file; E_NOT_OWNER when it left under another name, by whatever path it is named. */
  openOwn(spec: ImageSpec, expected: ExpectedFile = {}): Promise<ImageView> {
    return this.#openAs(spec, expected);
  }

  isOpen(name: string): boolean {
    return this.#open.has(name);
  }

  /** Where a record is kept of what is written to the image while it is on the move. */
  recordFolderOf(name: string): string {
    return join(this.#stateDir, 'dirty', name);
  }

  /** An image is on its way in, to be adopted or not. @throws GodwitError E_OPEN_TWICE when its file is open already */
  expect(image: LiveImage): void {
    this.#checkFileUnused(image);
    this.#expected.set(image.name, image);
  }

  /** What was expected does not come. */
  dismiss(name: string): void {
    this.#expected.delete(name);
  }

  /**
   * What was expected is here, open, locked and exported, and its record says owner: from now on it is one of these, and may be
   * sent on. In one turn, so that its gate can open right behind it.
   */
  adopt(image: LiveImage): void {
    this.#expected.delete(image.name);
    this.#taken.set(image.name, image);
    this.#open.set(image.name, image);
  }

  /**
   * An image of this name is about to come in, and what its record says is on disk: the one that left, and told its clients
   * so, is let go. Resolves when its file is closed.
   *
   * @throws GodwitError E_NAME_TAKEN when there is one that did not leave
   */
  async makeWay(name: string): Promise<void> {
    const image = this.#open.get(name);
    if (image !== undefined && image.maps.gate.state !== GateState.moved) {
      throw new GodwitError('E_NAME_TAKEN', { name, path: image.file.path });
    }
    await (image === undefined ? this.#closing.get(name) : this.#shut(image));
  }

  async #openAs(spec: ImageSpec, expected: ExpectedFile): Promise<ImageView> {
    checkImageName(spec.name);
    const taken = this.#taken.get(spec.name);
    if (taken !== undefined) throw new GodwitError('E_NAME_TAKEN', { name: spec.name, path: taken.file.path });
    if (this.#expected.has(spec.name))
      throw new GodwitError('E_NOT_OWNER', { name: spec.name, state: 'on its way in' });
    const blockBytes = spec.blockBytes ?? defaultBlockBytes(spec.kind);
    const recordFolder = this.recordFolderOf(spec.name);
    // Absolute, for the record outlives this working directory.
    const image = LiveImage.open({ ...spec, path: resolve(spec.path), blockBytes, recordFolder, expected });
    // Taken at once, so that a second call for the same name or file meets it while records are written.
    try {
      this.#checkFileUnused(image);
      this.#taken.set(spec.name, image);
      image.lock();
      await this.#adoptRecord(image);
      await this.#adoptDirtyRecord(image, recordFolder);
    } catch (error) {
      await this.#letGo(image);
      throw error;
    }
    this.#open.set(spec.name, image);
    this.#exports?.add(image);
    this.onOpened();
    return this.view(spec.name);
  }

  /** The dirty records of images, handed over; none where one of them has none, for then none is of use. */
  recordsOf(names: readonly string[]): DirtyRecord[] {
    const records = names.flatMap((name) => this.#records.get(name) ?? []);
    if (records.length < names.length) return [];
    for (const name of names) this.#records.delete(name);
    return records;
  }

  /** Nobody goes on with the migrations that these are of. Never rejects. */
  async dropRecords(isDropped: (name: string) => boolean): Promise<void> {
    for (const [name, record] of [...this.#records]) {
      if (!isDropped(name)) continue;
      this.#records.delete(name);
      try {
        await record.end();
      } catch (error) {
        this.#logger.warn({ image: name, reason: problemOf(error) }, 'an old record of what was written stays');
      }
    }
  }

  /** Before anybody writes: what was written to an image on the move in an earlier life is marked, and writes are recorded again. */
  async #adoptDirtyRecord(image: LiveImage, recordFolder: string): Promise<void> {
    const { log } = image.maps;
    if (log === undefined || !hasRecord(recordFolder)) return;
    const { record, recovered } = await DirtyRecord.resume(image, log);
    if (recovered.doubt !== undefined)
      this.#logger.warn(
        { image: image.name, reason: recovered.doubt },
        'what was written is not known; blocks are compared',
      );
    this.#records.set(image.name, record);
  }

  async close(name: string): Promise<void> {
    const image = this.live(name);
    const migration = this.migrationOf(name);
    if (migration !== undefined) throw new GodwitError('E_BUSY_IMAGE', { name, id: migration });
    await this.#shut(image);
  }

  #shut(image: LiveImage): Promise<void> {
    const { name } = image;
    this.#open.delete(name);
    const closing = this.#withdraw(image).finally(() => this.#closing.delete(name));
    this.#closing.set(name, closing);
    return closing;
  }

  async #withdraw(image: LiveImage): Promise<void> {
    const { name } = image;
    await this.#exports?.withdraw(name);
    await image.maps.gate.quiesce();
    await this.#records.get(name)?.leave();
    this.#records.delete(name);
    await this.#letGo(image);
    this.onClosed(name);
  }

  async closeAll(): Promise<void> {
    for (const record of this.#records.values()) await record.leave();
    this.#records.clear();
    for (const image of this.#taken.values()) {
      await image.maps.gate.quiesce();
      await image.close();
    }
    this.#open.clear();
    this.#taken.clear();
  }

  async #letGo(image: LiveImage): Promise<void> {
    try {
      await image.close();
    } finally {
      if (this.#taken.get(image.name) === image) this.#taken.delete(image.name);
    }
  }

  #checkFileUnused(image: LiveImage): void {
    const identity = image.file.identity();
    const other = [...this.#taken.values(), ...this.#expected.values()].find(
      (open) => open.file.identity() === identity,
    );
    if (other !== undefined) {
      throw new GodwitError('E_OPEN_TWICE', { path: image.file.path, name: other.name });
    }
  }

  /** What the records say decides whether the gate opens: an image that left, or may have, takes no writes. */
  async #adoptRecord(image: LiveImage): Promise<void> {
    const { name, kind, blockBytes } = image;
    const path = recordedPath(image);
    const file = image.file.identity();
    const isSame = (record: OwnerRecord) => record.path === path || (record.copy?.file ?? record.file) === file;
    const elsewhere = this.#ownership.all().find((other) => isSame(other) && other.name !== name && isAway(other));
    if (elsewhere !== undefined) {
      const how = hasLeft(elsewhere) ? 'left' : 'is on its way in';
      throw new GodwitError('E_NOT_OWNER', { name, state: `${path} ${how} as image "${elsewhere.name}"` });
    }
    const record = this.#ownership.get(name);
    if (record !== undefined && hasLeft(record)) {
      if (!isSame(record)) throw new GodwitError('E_NOT_OWNER', { name, state: `${record.role}, from ${record.path}` });
      image.location = record.location;
      if (record.role === 'released') image.maps.gate.move();
      else image.maps.gate.seal();
      return;
    }
    if (record !== undefined && record.role !== 'owner')
      throw new GodwitError('E_NOT_OWNER', { name, state: record.role });
    const epoch = record?.epoch ?? 1;
    await this.#ownership.update([
      {
        name,
        path,
        file,
        role: 'owner',
        epoch,
        fence: Math.max(epoch, record?.fence ?? 0),
        kind,
        blockBytes,
        migration: record?.migration ?? '',
        location: '',
        peer: '',
        offeredBy: '',
      },
    ]);
  }
}

/** True when the image is owned elsewhere, or may be. */
function hasLeft({ role }: OwnerRecord): boolean {
  return role === 'released' || role === 'sealed';
}

/** True when its file is not to be served, whatever it is called. */
function isAway(record: OwnerRecord): boolean {
  return hasLeft(record) || record.role === 'incoming' || record.role === 'prepared';
}

/**
 * The path that a file is known by in the records: without links. A block device keeps the name that it
 * was given: /dev/mapper/vm stays what it is, the /dev/dm-3 that it leads to is another's after a restart.
 */
function recordedPath({ file }: LiveImage): string {
  return file.isBlockDevice ? file.path : realpathSync(file.path);
}
