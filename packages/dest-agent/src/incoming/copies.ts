import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CopyRecord, type Logger, makeFolder, type OwnerRecord, type OwnershipStore } from '@godwit/agent';
import { GodwitError, problemOf, toGodwitError } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import { BlockMap, bootId, LiveImage, SIGN_MS, SignOfLife } from '@godwit/image';
import { type FrameHeaders, Held, type HeldCopy, type ImageOffer } from '@godwit/protocol';
import type { DestinationImages } from '../images/destinationImages.js';
import { createImageFile, imagePath, recordsFor, removeCopy, removeImageFile, syncFolder } from './admission.js';
import { fileNameOf } from './fileNameOf.js';
import { RoomReserve } from './roomReserve.js';
import { standingFile } from './standingFile.js';

type Offer = FrameHeaders['Offer'];

/** What stands at an image's path in --dir is the image, and leads nowhere else. */
const NO_LINKS = { followsLinks: false };

export interface CopiesParts {
  readonly dir: string;
  readonly stateDir: string;
  readonly ownership: OwnershipStore;
  readonly images: DestinationImages;
  readonly logger: Logger;
}

/**
 * What the destination has of the images of one migration: files, and the records that say whose they are and what they
 * hold. Lives from the first Offer until they are served or removed, over as many links as it takes, and lives of the agent.
 */
export class Copies {
  readonly #parts: CopiesParts;
  /** Ready to be served from the beginning: what can fail fails while the source may go on, and nothing is left to the pause. */
  readonly #live = new Map<string, LiveImage>();
  /** Of images whose received blocks somebody asked for before lanes came: those that lanes wrote and nobody took yet. */
  readonly received = new Map<string, BlockMap>();
  #records: ReadonlyMap<string, CopyRecord>;
  /** Images whose file was there before, made by somebody else: written over, and never removed. */
  #foreign: ReadonlySet<string>;
  /** Images whose file was made, or written over, by this migration, in this life or an earlier one: they are its to remove. */
  readonly #ours: Set<string>;
  /** What writing data back failed with, if it did: what was acknowledged is not all on disk. */
  #lost: GodwitError | undefined;
  readonly #isRestored: boolean;
  #reserve: RoomReserve | undefined;
  #signing: { readonly sign: SignOfLife; readonly timer: NodeJS.Timeout } | undefined;

  /** @param records what an earlier life left; none for a new migration */
  constructor(parts: CopiesParts, records: readonly OwnerRecord[] = []) {
    this.#parts = parts;
    this.#isRestored = records.length > 0;
    this.#records = new Map(records.flatMap(({ name, copy }) => (copy === undefined ? [] : [[name, copy]])));
    this.#ours = new Set(this.#records.keys());
    this.#foreign = new Set(records.flatMap(({ name, keepsFile }) => (keepsFile === true ? [name] : [])));
  }

  /** In the order of the offer; files of those that are on disk. */
  live(offer: Offer): LiveImage[] {
    return offer.images.flatMap(({ name }) => this.#live.get(name) ?? []);
  }

  /** From here on it is noted which blocks of an image arrive, by lanes that come later; in place of an earlier map. */
  noteReceived(image: LiveImage): BlockMap {
    const map = BlockMap.create(image.maps.blocks);
    this.received.set(image.name, map);
    return map;
  }

  /**
   * Makes the files that are not there, opens those that are, and records whose they are; resolves with what each holds. On
   * disk before it resolves, for a source acts on it.
   */
  async take(offer: Offer): Promise<HeldCopy[]> {
    const { ownership } = this.#parts;
    if (this.#lost !== undefined) throw this.#lost;
    const seeds = await this.#findSeeds(offer);
    await this.#removeOthers(offer, seeds);
    faultPoint('dest.copy.others-removed');
    // First that they are ours, then the files: a file beside no record is nobody's to remove.
    await ownership.update(this.#ownerRecords(offer, 'incoming'));
    faultPoint('dest.copy.claimed');
    try {
      return await this.#takeAll(offer, seeds);
    } catch (error) {
      // What was opened by now is known under no name yet: the next try looks at it anew.
      await this.close();
      throw error;
    }
  }

  async #takeAll(offer: Offer, seeds: ReadonlySet<string>): Promise<HeldCopy[]> {
    const { dir, ownership } = this.#parts;
    const copies: HeldCopy[] = [];
    const records = new Map<string, CopyRecord>();
    for (const image of offer.images) {
      await this.#parts.images.makeWay(image.name);
      const { held, live } = await this.#open(image, seeds.has(image.name));
      const known = this.#records.get(image.name);
      // Of what nobody knows the source knows nothing, whatever it remembers of the name.
      const isKnown = held === Held.acknowledged || held === Held.survived;
      const id = isKnown && known !== undefined ? known.id : randomBytes(8).toString('hex');
      records.set(image.name, {
        id,
        file: live.file.identity(),
        sizeBytes: live.size,
        boot: bootId(),
        patienceMs: offer.patienceMs,
      });
      copies.push({ copy: id, held });
    }
    this.#records = records;
    await this.#keepRoom(offer);
    faultPoint('dest.copy.made');
    await syncFolder(dir);
    faultPoint('dest.copy.folder-synced');
    await ownership.update(this.#ownerRecords(offer, 'incoming'));
    faultPoint('dest.copy.recorded');
    await this.#sign(offer.migrationId);
    return copies;
  }

  /**
   * Opens what an earlier life left, as it is, to be served by an operator's word. Of a record of the version before
   * nothing is known of the file but its path.
   *
   * @throws GodwitError when a file is not there, another one is, or it may not be whole on disk
   */
  open(offer: Offer): void {
    for (const { name, kind, blockBytes } of offer.images) {
      if (this.#live.has(name)) continue;
      const path = imagePath(this.#parts.dir, name);
      const known = this.#records.get(name);
      // PREPARED is written while the data is; a host that went down then has the one without the other.
      if (known !== undefined && known.boot !== bootId()) {
        const state = `prepared before this host was started anew; ${path} may not be whole: look at it, and serve it by hand`;
        throw new GodwitError('E_NOT_OWNER', { name, state });
      }
      const image = this.#openFile({ name, kind, blockBytes }, path);
      if (known !== undefined && image.file.identity() !== known.file) {
        image.file.closeSync();
        const problem = 'another file stands there than the one that was received';
        throw new GodwitError('E_UNREADABLE', { path, problem });
      }
      this.#expect(image);
    }
  }

  /** Room that is kept for what has yet to arrive. */
  get reserve(): Pick<RoomReserve, 'bytes' | 'file'> | undefined {
    return this.#reserve;
  }

  /**
   * Of a new offer, whose room has just been judged; one that comes again after a lost link finds what is left of it. What an
   * earlier life received has none: its disk may have been filled since, and it may need less than was offered.
   */
  async #keepRoom(offer: Offer): Promise<void> {
    if (this.#reserve !== undefined || this.#isRestored) return;
    const { dir, logger } = this.#parts;
    this.#reserve = new RoomReserve(dir, offer.migrationId, logger);
    await this.#reserve.take(() => {
      const missing = offer.images.map(({ name, allocatedBytes, sizeBytes }) => {
        const present = this.#live.get(name)?.file.allocatedBytes() ?? sizeBytes;
        return Math.max(0, Math.min(allocatedBytes, sizeBytes) - present);
      });
      return missing.reduce((sum, bytes) => sum + bytes, 0);
    });
  }

  /** Puts the data on disk, for a round has ended: what was offered is here. */
  async sync(): Promise<void> {
    void this.#reserve?.release();
    try {
      faultPoint('dest.sync');
      await Promise.all([...this.#live.values()].map(({ file }) => file.sync()));
      faultPoint('dest.synced');
    } catch (error) {
      // The next one may succeed, and mean nothing: the system has told its error, and calls the pages clean.
      this.#lost ??= toGodwitError(error);
      throw error;
    }
  }

  /** On disk when it resolves. */
  async record(offer: Offer, role: OwnerRecord['role'], more: Pick<OwnerRecord, 'forcedAt'> = {}): Promise<void> {
    await this.#parts.ownership.update(this.#ownerRecords(offer, role).map((record) => ({ ...record, ...more })));
  }

  /** Owned here from now on, and served; those that are. */
  serve(offer: Offer): readonly LiveImage[] {
    const images = this.live(offer);
    for (const image of images) this.#parts.images.serve(image);
    this.#live.clear();
    void this.#reserve?.release();
    return images;
  }

  /** Closes what is not served; files and records stay. */
  async close(): Promise<void> {
    this.#endSigning();
    await this.#reserve?.release();
    for (const [name, image] of [...this.#live]) {
      this.#live.delete(name);
      await this.#parts.images.dismiss(name);
      await image.close();
    }
  }

  /** No file left, ABORTED on disk. The files first: a file beside an ABORTED record is never ours to remove. */
  async discard(offer: Offer): Promise<void> {
    await this.close();
    for (const record of this.#ownerRecords(offer, 'incoming'))
      if (this.#ours.has(record.name)) await removeCopy(record);
    faultPoint('dest.discard.removed');
    await this.record(offer, 'aborted');
    faultPoint('dest.discard.recorded');
    this.forget(offer.migrationId);
  }

  /** The migration is over: nobody asks any more when its agent was last alive. */
  forget(id: string): void {
    this.#endSigning();
    try {
      rmSync(this.#signPath(id), { force: true });
    } catch (error) {
      this.#parts.logger.warn(
        { migration: id, reason: problemOf(error) },
        'a sign of life stays in the state directory',
      );
    }
  }

  /**
   * Images that begin with a file that stands there already: a copy that left from here, or with `seed` whatever there is. A source that
   * does not ask what is held would not send what is a hole with it.
   */
  async #findSeeds({ attempt, seed, images }: Offer): Promise<ReadonlySet<string>> {
    const { dir, ownership } = this.#parts;
    if (attempt === 0) return new Set();
    const foreign = new Set(this.#foreign);
    const left = new Set<string>();
    for (const { name, sizeBytes } of images) {
      const file = await standingFile(imagePath(dir, name), ownership.get(name));
      if (file.is === 'foreign' && seed) foreign.add(name);
      if (file.is === 'left' && file.sizeBytes === sizeBytes) left.add(name);
    }
    this.#foreign = foreign;
    for (const name of left) this.#ours.add(name);
    return new Set([...foreign, ...left]);
  }

  /** Files of ours that are not of this migration and that nothing begins with: copies that left from here, or never arrived. */
  async #removeOthers(offer: Offer, seeds: ReadonlySet<string>): Promise<void> {
    const { dir, ownership } = this.#parts;
    for (const { name } of offer.images) {
      const record = ownership.get(name);
      if (record?.migration === offer.migrationId || seeds.has(name)) continue;
      const path = imagePath(dir, name);
      const { is } = await standingFile(path, record);
      if (is === 'left' || is === 'received') await removeImageFile(path);
    }
  }

  async #open(image: ImageOffer, isSeeded: boolean): Promise<{ held: number; live: LiveImage }> {
    const open = this.#live.get(image.name);
    if (open !== undefined) return { held: Held.acknowledged, live: open };
    const path = imagePath(this.#parts.dir, image.name);
    const known = this.#records.get(image.name);
    const found = known === undefined && !isSeeded ? undefined : this.#find(image, path);
    if (found !== undefined && found.size === image.sizeBytes) {
      this.#expect(found);
      return { held: this.#isTrusted(found, known) ? Held.survived : Held.something, live: found };
    }
    await found?.close();
    if (this.#foreign.has(image.name)) {
      throw new GodwitError('E_SEED', { path, problem: 'it is another file, or has another size, than a moment ago' });
    }
    if (known !== undefined || isSeeded) await removeImageFile(path);
    await createImageFile(path, image.sizeBytes);
    this.#ours.add(image.name);
    const live = this.#openFile(image, path);
    this.#expect(live);
    return { held: Held.nothing, live };
  }

  #openFile({ name, kind, blockBytes }: Pick<ImageOffer, 'name' | 'kind' | 'blockBytes'>, path: string): LiveImage {
    return LiveImage.open({
      name,
      kind,
      blockBytes,
      path,
      expected: NO_LINKS,
      ...this.#parts.images.recordFolder(name),
    });
  }

  #find(image: ImageOffer, path: string): LiveImage | undefined {
    try {
      return this.#openFile(image, path);
    } catch (error) {
      this.#parts.logger.warn(
        { image: image.name, reason: problemOf(error) },
        'what was received is gone; it begins anew',
      );
      return undefined;
    }
  }

  /** What was acknowledged in an earlier life is in the file: its page cache has lived on, and nobody else wrote. */
  #isTrusted(live: LiveImage, known: CopyRecord | undefined): boolean {
    const isSame = known !== undefined && known.boot === bootId() && known.file === live.file.identity();
    const migration = this.#parts.ownership.get(live.name)?.migration ?? '';
    return isSame && !SignOfLife.isOutlived(this.#signPath(migration), live.file);
  }

  #expect(image: LiveImage): void {
    try {
      image.lock();
      this.#parts.images.expect(image);
    } catch (error) {
      image.file.closeSync();
      throw error;
    }
    this.#live.set(image.name, image);
  }

  #ownerRecords(offer: Offer, role: OwnerRecord['role']): OwnerRecord[] {
    const { dir, ownership } = this.#parts;
    const isReceived = role === 'incoming' || role === 'prepared';
    return recordsFor(dir, offer, role, ownership).map((record) => {
      const copy = isReceived ? this.#records.get(record.name) : undefined;
      const keepsFile = isReceived && this.#foreign.has(record.name);
      const file = role === 'owner' ? (this.#records.get(record.name)?.file ?? '') : '';
      return {
        ...record,
        file,
        ...(copy === undefined ? {} : { copy }),
        ...(keepsFile ? { keepsFile } : {}),
      };
    });
  }

  /** Without signs a later life compares; that is all. */
  async #sign(id: string): Promise<void> {
    if (this.#signing !== undefined) return;
    const { stateDir, logger } = this.#parts;
    const fail = (error: unknown) => {
      logger.warn({ migration: id, reason: problemOf(error) }, 'no sign of life can be given; a restart compares');
      this.#endSigning();
    };
    try {
      await makeFolder(join(stateDir, 'incoming'), 0o700);
      const sign = new SignOfLife(this.#signPath(id));
      const give = () => {
        try {
          sign.give();
        } catch (error) {
          fail(error);
        }
      };
      this.#signing = { sign, timer: setInterval(give, SIGN_MS).unref() };
    } catch (error) {
      fail(error);
    }
  }

  #endSigning(): void {
    if (this.#signing === undefined) return;
    clearInterval(this.#signing.timer);
    this.#signing.sign.close();
    this.#signing = undefined;
  }

  #signPath(id: string): string {
    return join(this.#parts.stateDir, 'incoming', `${fileNameOf(id)}.alive`);
  }
}
