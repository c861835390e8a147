import { randomBytes, timingSafeEqual } from 'node:crypto';
import { holdForTest, type Logger, type OwnershipStore, runHook } from '@godwit/agent';
import { GodwitError, isErrorCode, toGodwitError } from '@godwit/errors';
import { LiveImage } from '@godwit/image';
import { type FrameHeaders, LIMITS } from '@godwit/protocol';
import type { ControlChannel, Greeted } from '@godwit/transport';
import type { DestinationImages } from '../images/destinationImages.js';
import { LaneHost } from '../lanes/laneHost.js';
import { LanePhase } from '../lanes/laneMessages.js';
import {
  allocatedBytes,
  checkOffer,
  createImageFile,
  imagePath,
  recordsFor,
  removeImageFile,
  syncFolder,
} from './admission.js';
import { IncomingView } from './incomingView.js';
import { nextPhase, type Phase } from './phase.js';

/** Where the API is, as sources are told. */
export interface Advertised {
  readonly apiHost: string;
  readonly apiPort: number;
  readonly apiScheme: string;
}

export interface IncomingParts {
  readonly dir: string;
  readonly ownership: OwnershipStore;
  readonly images: DestinationImages;
  readonly hook: string | undefined;
  readonly hookTimeoutMs: number;
  readonly agentVersion: string;
  readonly advertised: () => Advertised;
  readonly logger: Logger;
  /** Called once when it is over or owned. */
  readonly onEnded: (migration: IncomingMigration) => void;
}

/**
 * One migration at the destination, from its Offer to ownership or to nothing. Owns its control
 * channel, its lanes and the files until they are served; see phase.ts for what may follow what.
 */
export class IncomingMigration {
  readonly view: IncomingView;
  readonly #parts: IncomingParts;
  readonly #offer: FrameHeaders['Offer'];
  readonly #channel: ControlChannel;
  readonly #lanes: LaneHost;
  readonly #sessionKey = randomBytes(24).toString('hex');
  readonly #lanePhase = new SharedArrayBuffer(4);
  /** Ready to be served from the beginning: what can fail fails while the source may go on, and nothing is left to the pause. */
  readonly #live: LiveImage[] = [];
  #phase: Phase = 'receiving';
  #syncing: Promise<void> = Promise.resolve();
  #isSyncing = false;
  #ended = false;

  private constructor(parts: IncomingParts, offer: FrameHeaders['Offer'], channel: ControlChannel) {
    this.#parts = parts;
    this.#offer = offer;
    this.#channel = channel;
    this.view = new IncomingView(offer);
    this.#lanes = new LaneHost((error) => this.#laneLost(error));
    Atomics.store(new Int32Array(this.#lanePhase), 0, LanePhase.receiving);
  }

  /** Judges the offer, makes the files, answers Accept. Throws what is wrong, with nothing left behind. */
  static async accept(
    parts: IncomingParts,
    offer: FrameHeaders['Offer'],
    channel: ControlChannel,
    reservedBytes: number,
  ): Promise<IncomingMigration> {
    await checkOffer(parts.dir, offer.images, parts.ownership, reservedBytes);
    const migration = new IncomingMigration(parts, offer, channel);
    await migration.#removeOldFiles();
    await parts.ownership.update(recordsFor(parts.dir, offer, 'incoming', parts.ownership));
    try {
      await migration.#makeFiles();
    } catch (error) {
      await migration.#discard();
      throw error;
    }
    migration.#listen();
    channel.send('Accept', {
      sessionKey: migration.#sessionKey,
      lanes: Math.min(offer.lanes, LIMITS.lanes),
      ...parts.advertised(),
    });
    return migration;
  }

  get id(): string {
    return this.#offer.migrationId;
  }
  get names(): string[] {
    return this.#offer.images.map((image) => image.name);
  }
  get phase(): Phase {
    return this.#phase;
  }
  get isEnded(): boolean {
    return this.#ended;
  }

  /** Bytes that were promised to this migration and are not on disk yet. */
  async reservedBytes(): Promise<number> {
    let reserved = 0;
    for (const offer of this.#offer.images) {
      const present = await allocatedBytes(imagePath(this.#parts.dir, offer.name));
      reserved += Math.max(0, offer.allocatedBytes - present);
    }
    return reserved;
  }

  /** A connection that said it is a lane of this migration. Throws when it is not. */
  attachLane(connection: Greeted): void {
    const { hello, version } = connection;
    const given = Buffer.from(hello.sessionKey);
    const expected = Buffer.from(this.#sessionKey);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new GodwitError('E_UNAUTHORIZED');
    if (this.#phase !== 'receiving') throw new GodwitError('E_PROTOCOL', { problem: 'a lane is out of phase' });
    if (hello.lane >= this.#offer.lanes || this.#lanes.has(hello.lane)) {
      throw new GodwitError('E_PROTOCOL', { problem: `lane ${hello.lane} is not free` });
    }
    const { dir, agentVersion } = this.#parts;
    this.#lanes.attach(connection, {
      lane: hello.lane,
      version,
      agentVersion,
      phase: this.#lanePhase,
      files: this.#offer.images.map((image) => ({
        path: imagePath(dir, image.name),
        size: image.sizeBytes,
        blockBytes: image.blockBytes,
      })),
    });
  }

  /**
   * The source asks who owns, or offers anew: a migration that was never committed is given up, on
   * disk, before this resolves.
   */
  async giveUp(error: GodwitError): Promise<void> {
    if (this.isSettling || this.#phase === 'owner' || this.#phase === 'over') return;
    await this.#end(error);
  }

  /** COMMIT came and its record is not known to be on disk: nobody may say who owns. */
  get isSettling(): boolean {
    return this.#phase === 'taking' || this.#phase === 'undecided';
  }

  /** The agent ends. */
  async shutDown(): Promise<void> {
    if (this.#phase === 'receiving' || this.#phase === 'preparing') {
      const error = new GodwitError('E_SHUTDOWN');
      this.#channel.fail(error);
      await this.#end(error);
      return;
    }
    this.#channel.close();
    await this.#lanes.close();
    await this.#closeFiles();
  }

  #listen(): void {
    const channel = this.#channel;
    channel.on('Progress', (header) => this.view.progress(header));
    channel.on('RoundEnd', (header) => this.#roundEnd(header));
    channel.on('Prepare', (header) => this.#run(this.#prepare(header)));
    channel.on('Commit', (header) => this.#run(this.#commit(header)));
    channel.on('Released', (header) => this.view.released(header));
    channel.on('Cancel', ({ code, reason }) => this.#run(this.#cancelled(code, reason)));
    channel.closed.then((error) => this.#linkLost(error)).catch((error: unknown) => this.#failed(error));
    this.view.become('active');
  }

  #run(work: Promise<void>): void {
    work.catch((error: unknown) => this.#failed(error));
  }

  /** An error of ours or a violation of theirs: named to the peer, and the end of what is not prepared. */
  #failed(thrown: unknown): void {
    const error = toGodwitError(thrown);
    this.#parts.logger.warn(
      { migration: this.id, code: error.code, reason: error.message },
      'incoming migration failed',
    );
    // Closing the channel leads to #linkLost, which cleans up or waits, as the phase demands.
    this.#channel.fail(error);
  }

  /** Copies of ours that left from here or never arrived; checkOffer has seen that nothing else stands there. */
  async #removeOldFiles(): Promise<void> {
    for (const { name } of this.#offer.images) {
      const role = this.#parts.ownership.get(name)?.role;
      if (role !== undefined && role !== 'aborted') await removeImageFile(imagePath(this.#parts.dir, name));
    }
  }

  async #makeFiles(): Promise<void> {
    const { dir, images } = this.#parts;
    for (const { name, kind, blockBytes, sizeBytes } of this.#offer.images) {
      const path = imagePath(dir, name);
      await createImageFile(path, sizeBytes);
      const image = LiveImage.open({ name, path, kind, blockBytes });
      this.#live.push(image);
      image.lock();
      images.expect(image);
    }
    await syncFolder(dir);
  }

  #roundEnd(header: FrameHeaders['RoundEnd']): void {
    if (this.#phase !== 'receiving') throw new GodwitError('E_PROTOCOL', { problem: 'RoundEnd is out of phase' });
    if (this.#isSyncing) throw new GodwitError('E_PROTOCOL', { problem: 'RoundEnd before the last was answered' });
    this.view.round(header);
    const started = performance.now();
    this.#isSyncing = true;
    this.#syncing = this.#sync();
    this.#run(
      this.#syncing.then(() => {
        this.#isSyncing = false;
        this.#channel.send('RoundSynced', { round: header.round, durationMs: performance.now() - started });
      }),
    );
  }

  async #sync(): Promise<void> {
    await Promise.all(this.#live.map(({ file }) => file.sync()));
  }

  async #prepare(header: FrameHeaders['Prepare']): Promise<void> {
    const started = performance.now();
    this.#phase = nextPhase(this.#phase, 'preparing');
    // From here on no lane writes: what is on disk below is what was verified.
    Atomics.store(new Int32Array(this.#lanePhase), 0, LanePhase.prepared);
    this.view.verified(header);
    await this.#syncing;
    const synced = holdForTest('dest.before-data-sync').then(() => this.#sync());
    synced.catch(() => undefined);
    await holdForTest('dest.before-prepared');
    const { ownership, dir } = this.#parts;
    if (this.#phase !== 'preparing') return;
    // At the same time as the data: nobody acts on PREPARED before the source is told, and that needs both.
    await Promise.all([synced, ownership.update(recordsFor(dir, this.#offer, 'prepared', ownership))]);
    if (this.#phase !== 'preparing') {
      // It was given up while the record was being written; the last word on disk must be ABORTED.
      await this.#abortRecords();
      return;
    }
    this.#phase = nextPhase(this.#phase, 'prepared');
    this.#channel.send('Prepared', { durationMs: performance.now() - started });
    // The link may have gone while the record was being written.
    if (this.#channel.over !== undefined) this.#linkLost(this.#channel.over);
  }

  async #commit(header: FrameHeaders['Commit']): Promise<void> {
    const started = performance.now();
    const epochs = this.#offer.images.map((image) => image.epoch);
    if (header.migrationId !== this.id || header.epochs.join() !== epochs.join()) {
      throw new GodwitError('E_PROTOCOL', { problem: 'Commit of another migration or epoch' });
    }
    this.#phase = nextPhase(this.#phase, 'taking');
    await holdForTest('dest.before-owner');
    const { ownership, images, dir } = this.#parts;
    try {
      await ownership.update(recordsFor(dir, this.#offer, 'owner', ownership));
    } catch (error) {
      this.#phase = nextPhase(this.#phase, 'undecided');
      this.view.become('outcome-unknown', toGodwitError(error));
      throw error;
    }
    this.#phase = nextPhase(this.#phase, 'owner');
    for (const image of this.#live.splice(0)) images.serve(image);
    this.#channel.send('Taken', { durationMs: performance.now() - started, epochs: epochs.map((epoch) => epoch + 1) });
    await this.#taken();
  }

  async #taken(): Promise<void> {
    await this.#lanes.close();
    await this.#closeFiles();
    this.#finish('completed');
    await this.#runHook();
  }

  async #runHook(): Promise<void> {
    const { hook, hookTimeoutMs, dir, logger } = this.#parts;
    if (hook === undefined) {
      this.#channel.send('HookResult', { hook: 'on-takeover', error: '' });
      return;
    }
    const variables = {
      GODWIT_MIGRATION: this.id,
      GODWIT_IMAGES: this.names.join(' '),
      GODWIT_PATHS: this.names.map((name) => imagePath(dir, name)).join(' '),
      GODWIT_OUTCOME: 'taken',
    };
    try {
      await runHook('on-takeover', hook, variables, hookTimeoutMs);
      this.#channel.send('HookResult', { hook: 'on-takeover', error: '' });
    } catch (thrown) {
      const error = toGodwitError(thrown);
      logger.error(
        { migration: this.id, reason: error.message, detail: error.detail },
        'hook failed; the image stays here',
      );
      this.view.fault(error);
      this.#channel.send('HookResult', { hook: 'on-takeover', error: error.message });
    }
  }

  async #cancelled(code: string, reason: string): Promise<void> {
    if (this.isSettling || this.#phase === 'owner') {
      throw new GodwitError('E_TOO_LATE', { id: this.id, state: this.#phase, action: 'cancel' });
    }
    const error = isErrorCode(code) ? new GodwitError(code, {}, { detail: reason }) : undefined;
    if (error !== undefined) error.message = reason;
    await this.#end(error ?? new GodwitError('E_CANCELLED', { reason }));
    this.#channel.send('Cancelled', {});
  }

  #laneLost(error: GodwitError): void {
    if (this.#phase === 'receiving' || this.#phase === 'preparing') this.#failed(error);
  }

  #linkLost(error: GodwitError): void {
    if (this.#phase === 'receiving' || this.#phase === 'preparing') {
      this.#run(this.#end(error));
      return;
    }
    if (this.#phase !== 'prepared') return;
    this.#phase = nextPhase(this.#phase, 'unknown');
    this.view.become(
      'outcome-unknown',
      new GodwitError('E_OUTCOME_UNKNOWN', {}, { cause: error, detail: error.message }),
    );
    this.#parts.logger.warn({ migration: this.id }, 'link lost while prepared; waiting for the source to ask');
  }

  /** No file left, ABORTED on disk. */
  async #end(error: GodwitError): Promise<void> {
    if (this.#phase === 'over') return;
    this.#phase = nextPhase(this.#phase, 'over');
    try {
      await this.#discard();
    } catch (thrown) {
      // The record still says incoming: the next start removes what is left.
      const reason = toGodwitError(thrown).message;
      this.#parts.logger.error({ migration: this.id, reason }, 'what was received could not be removed');
    }
    this.#finish(error.code === 'E_CANCELLED' || error.code === 'E_HOOK' ? 'cancelled' : 'failed', error);
  }

  async #discard(): Promise<void> {
    this.#phase = 'over';
    await this.#lanes.close();
    await this.#closeFiles();
    // The file first: a file beside an ABORTED record is never ours to remove.
    for (const name of this.names) await removeImageFile(imagePath(this.#parts.dir, name));
    await this.#abortRecords();
  }

  async #abortRecords(): Promise<void> {
    const { ownership, dir } = this.#parts;
    await ownership.update(recordsFor(dir, this.#offer, 'aborted', ownership));
  }

  /** Of what is not served. */
  async #closeFiles(): Promise<void> {
    for (const image of this.#live.splice(0)) {
      await this.#parts.images.dismiss(image.name);
      await image.close();
    }
  }

  #finish(state: 'completed' | 'cancelled' | 'failed', error?: GodwitError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#parts.logger.info({ migration: this.id, state, images: this.names }, 'migration state');
    this.view.become(state, error);
    this.#parts.onEnded(this);
  }
}
