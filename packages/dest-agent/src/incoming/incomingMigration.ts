import {
  type DestinationEvent,
  type DestinationHandover,
  type DestinationPhase,
  type DestinationRole,
  type DestinationStep,
  destinationAfterRestart,
  destinationHandover,
  holdForTest,
  type OwnerRecord,
} from '@godwit/agent';
import { GodwitError, toGodwitError } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import type { FrameHeaders, HeldCopy } from '@godwit/protocol';
import type { ControlChannel, Greeted } from '@godwit/transport';
import { checkOffer, missingBytes } from './admission.js';
import { Arriving } from './arriving.js';
import { Copies } from './copies.js';
import { IncomingLink } from './incomingLink.js';
import type { IncomingParts } from './incomingParts.js';
import { IncomingView } from './incomingView.js';
import { Patience } from './patience.js';
import { comesBack, committedEpochs, errorOfCancel, offerOf, problemOfNext } from './restoredOffer.js';
import { WriteBack } from './writeBack.js';

type Offer = FrameHeaders['Offer'];

/**
 * One migration at the destination, from its first Offer to ownership or to nothing, over as many links as it takes. What may
 * follow what, and what is on disk before it, stands in the table DESTINATION_HANDOVER; here are the bytes, links and clocks.
 */
export class IncomingMigration {
  readonly view: IncomingView;
  readonly #parts: IncomingParts;
  readonly #copies: Copies;
  #offer: Offer;
  /** Undefined in a migration of an earlier life whose source has not come back. */
  #link: IncomingLink | undefined;
  readonly #handover: DestinationHandover;
  readonly #writeBack: WriteBack;
  /** Files and records being made ready for a link; never rejects. */
  #taking: Promise<unknown> = Promise.resolve();
  #ended = false;
  readonly #patience: Patience;
  readonly #arriving: Arriving;

  private constructor(parts: IncomingParts, offer: Offer, phase: DestinationPhase, records: readonly OwnerRecord[]) {
    this.#parts = parts;
    this.#offer = offer;
    this.#handover = destinationHandover(phase);
    this.#copies = new Copies(parts, records);
    this.#writeBack = new WriteBack(this.#copies);
    this.#patience = new Patience((error) => void this.#end(error));
    this.view = new IncomingView(offer);
    this.#arriving = new Arriving(parts, this.#copies, this.view);
  }

  /** Judges the offer, makes the files, answers Accept. Throws what is wrong, with nothing left behind. */
  static async accept(
    parts: IncomingParts,
    offer: Offer,
    channel: ControlChannel,
    reservedBytes: number,
  ): Promise<IncomingMigration> {
    await checkOffer(parts.dir, offer.images, parts.ownership, reservedBytes, offer.seed && offer.attempt > 0);
    faultPoint('dest.offer.judged');
    const migration = new IncomingMigration(parts, offer, 'paused', []);
    try {
      await migration.#receive(migration.#apply('offer'), offer, channel);
    } catch (error) {
      migration.#patience.end();
      if (migration.phase !== 'ending' && migration.phase !== 'over') migration.#handover.apply('give-up');
      await migration.#arriving.abandon();
      await migration.#copies.discard(offer);
      throw error;
    }
    return migration;
  }

  /**
   * What an earlier life left of a migration: waits for its source. One that is PREPARED waits to be asked, or to be offered
   * again; one that is not waits as long as its source wanted to try.
   */
  static restore(parts: IncomingParts, records: readonly OwnerRecord[]): IncomingMigration {
    const isPrepared = records.some(({ role }) => role === 'prepared');
    const phase = destinationAfterRestart(isPrepared ? 'prepared' : 'incoming');
    const migration = new IncomingMigration(parts, offerOf(records), phase, records);
    migration.view.restored(isPrepared);
    if (!isPrepared) migration.#patience.wait(migration.#offer);
    return migration;
  }

  get id(): string {
    return this.#offer.migrationId;
  }
  get names(): string[] {
    return this.#offer.images.map((image) => image.name);
  }
  get sourceId(): string {
    return this.#offer.sourceId;
  }
  get phase(): DestinationPhase {
    return this.#handover.phase;
  }
  get isEnded(): boolean {
    return this.#ended;
  }
  /** Nobody is at the other end. */
  get isWaiting(): boolean {
    return this.phase === 'paused' || this.phase === 'unknown';
  }

  /** Bytes that were promised to this migration, are not on disk yet, and are free. */
  async reservedBytes(): Promise<number> {
    const missing = await missingBytes(this.#parts.dir, this.#offer.images);
    return Math.max(0, missing - (this.#copies.reserve?.bytes ?? 0));
  }

  /**
   * Its source offers it again: it has lost its link, whether this side has noticed or not, and has not sealed, for then it
   * would ask. What was received stays; PREPARED is taken back.
   */
  async resume(offer: Offer, channel: ControlChannel): Promise<void> {
    const problem = problemOfNext(offer, this.#offer);
    if (problem !== undefined) throw new GodwitError('E_PROTOCOL', { problem });
    const step = this.#apply('offer');
    this.#patience.end();
    const before = this.#link;
    this.#link = undefined;
    before?.channel.fail(new GodwitError('E_PEER_LOST', { silentMs: 0 }, { detail: 'another link has its place' }));
    // No byte of the old life may be written over one of the new.
    await before?.endLanes();
    await this.#writeBack.ended;
    faultPoint('dest.resume.unlinked');
    if (this.phase !== 'accepting') throw new GodwitError('E_ABORTED', { reason: 'it was given up meanwhile' });
    await this.#receive(step, offer, channel).catch((error: unknown) => this.#notReceived(error));
  }

  async #notReceived(error: unknown): Promise<never> {
    if (this.phase === 'receiving') await this.#end(toGodwitError(error));
    throw error;
  }

  /** A connection that said it is a lane of this migration. Throws when it is not. */
  attachLane(connection: Greeted): void {
    const link = this.phase === 'receiving' ? this.#link : undefined;
    if (link === undefined) throw new GodwitError('E_PROTOCOL', { problem: 'a lane is out of phase' });
    const parts = { ...this.#parts, reserve: this.#copies.reserve?.file, received: this.#copies.received };
    link.attachLane(connection, this.#offer, this.#copies.live(this.#offer), parts);
  }

  /** The source asks who owns, or offers anew, or an operator ends the waiting: what was never committed is given up, on disk. */
  async giveUp(error: GodwitError): Promise<void> {
    if (this.phase === 'undecided') await this.ownAfterAll();
    if (this.isSettling || this.phase === 'owner' || this.phase === 'over') return;
    await this.#end(error);
  }

  /** An operator says that the source is gone, in place of COMMIT: what is PREPARED here is owned. */
  async forceOwn(): Promise<void> {
    this.#copies.open(this.#offer);
    const forcedAt = new Date().toISOString();
    this.#parts.logger.error({ migration: this.id, forcedAt }, 'an operator forces this side to own: two may own');
    await this.#own(this.#apply('force-own'), { forcedAt });
    await this.#taken();
  }

  /** COMMIT came and its record is not known to be on disk: nobody may say who owns. */
  get isSettling(): boolean {
    return this.phase === 'taking' || this.phase === 'undecided';
  }

  /** The agent ends. What may be gone on with stays. */
  async shutDown(): Promise<void> {
    this.#patience.end();
    const error = new GodwitError('E_SHUTDOWN');
    const isReceiving = this.phase === 'receiving' || this.phase === 'preparing';
    this.#link?.channel.fail(error);
    if (isReceiving && !comesBack(this.#offer, error)) {
      await this.#end(error);
      return;
    }
    await this.#link?.endLanes();
    await this.#writeBack.ended;
    if (this.isSettling || this.phase === 'owner') return; // What runs on it goes on.
    await this.#arriving.abandon();
    await this.#copies.close();
  }

  /** Files, records, Accept; from here on lanes may come. */
  async #receive(step: DestinationStep, offer: Offer, channel: ControlChannel): Promise<void> {
    this.#patience.end();
    // Whatever becomes of this offer, no earlier one is taken after it.
    this.#offer = offer;
    this.view.offered(offer);
    const link = new IncomingLink(channel, (error) => this.#laneLost(link, error));
    let copies: readonly HeldCopy[] = [];
    const isDone = await this.#recorded(step, async () => {
      const taking = this.#copies.take(offer);
      this.#taking = taking.catch(() => undefined);
      copies = await taking;
    });
    if (isDone) await this.#arriving.prepare(offer);
    if (this.phase !== 'receiving') throw new GodwitError('E_ABORTED', { reason: 'it was given up meanwhile' });
    this.#link = link;
    this.#writeBack.restart();
    this.view.clearFault();
    this.#listen(link);
    link.accept(offer, this.#parts.advertised(), copies);
    faultPoint('dest.offer.accepted');
  }

  #apply(event: DestinationEvent): DestinationStep {
    const step = this.#handover.apply(event);
    if (step.next === 'paused') this.#patience.wait(this.#offer);
    return step;
  }

  #recorded(step: DestinationStep, write = () => this.#write(step.record)): Promise<boolean> {
    return this.#handover.recorded(write, async (failed, error) => {
      if (failed.next === 'paused') this.#patience.wait(this.#offer);
      if (failed.record !== 'aborted') return;
      // Before the lanes end: a source that sees them go first takes it for a lost link, and comes back.
      this.#link?.channel.fail(toGodwitError(error));
      await this.#discard(failed, toGodwitError(error));
    });
  }

  async #write(role: DestinationRole | undefined): Promise<void> {
    if (role !== undefined) await this.#copies.record(this.#offer, role);
  }

  #listen(link: IncomingLink): void {
    const { channel } = link;
    channel.on('Progress', (header) => this.view.progress(header));
    channel.on('RoundEnd', (header) => this.#roundEnd(link, header));
    channel.on('Prepare', (header) => this.#run(link, this.#writeBack.keep(this.#prepare(link, header))));
    channel.on('Commit', (header) => this.#run(link, this.#commit(link, header)));
    channel.on('Released', (header) => this.view.released(header));
    channel.on('Cancel', ({ code, reason }) => this.#run(link, this.#cancelled(link, code, reason)));
    channel.closed.then((error) => this.#linkLost(link, error)).catch((error: unknown) => this.#failed(link, error));
    this.view.become('active');
  }

  #run(link: IncomingLink, work: Promise<void>): void {
    work.catch((error: unknown) => this.#failed(link, error));
  }

  /** An error of ours or a violation of theirs: named to the peer, and the end of what is not prepared. */
  #failed(link: IncomingLink, thrown: unknown): void {
    const error = toGodwitError(thrown);
    const said = { migration: this.id, code: error.code, reason: error.message };
    this.#parts.logger.warn(said, 'incoming migration failed');
    // Closing the channel leads to #linkLost, which cleans up or waits, as the phase demands.
    link.channel.fail(error);
  }

  #roundEnd(link: IncomingLink, header: FrameHeaders['RoundEnd']): void {
    if (this.phase !== 'receiving') throw new GodwitError('E_PROTOCOL', { problem: 'RoundEnd is out of phase' });
    this.view.round(header);
    const synced = this.#writeBack.round().then((durationMs) => {
      if (this.#link === link) link.channel.send('RoundSynced', { round: header.round, durationMs });
    });
    this.#run(link, synced);
  }

  async #prepare(link: IncomingLink, header: FrameHeaders['Prepare']): Promise<void> {
    const started = performance.now();
    const syncing = this.#writeBack.ended;
    const step = this.#apply('prepare');
    faultPoint('dest.prepare.heard');
    link.stopWriting();
    this.view.verified(header);
    await syncing;
    const synced = holdForTest('dest.before-data-sync').then(() => this.#copies.sync());
    // While the disk takes its time. What stands still is not seen to be here before COMMIT.
    const ready = Promise.all([synced, this.#arriving.load()]);
    ready.catch(() => undefined);
    await holdForTest('dest.before-prepared');
    if (this.phase !== 'preparing' || this.#link !== link) return;
    // At the same time as the data: nobody acts on PREPARED before the source is told, and that needs both.
    const write = async () => {
      await Promise.all([ready, this.#write(step.record)]);
    };
    if (!(await this.#recorded(step, write))) return;
    faultPoint('dest.prepare.recorded');
    link.channel.send('Prepared', { durationMs: performance.now() - started });
    faultPoint('dest.prepare.said');
    // The link may have gone while the record was being written.
    if (link.channel.over !== undefined) this.#linkLost(link, link.channel.over);
  }

  async #commit(link: IncomingLink, header: FrameHeaders['Commit']): Promise<void> {
    const started = performance.now();
    const epochs = committedEpochs(header, this.#offer);
    const step = this.#apply('commit');
    faultPoint('dest.commit.heard');
    await holdForTest('dest.before-owner');
    await this.#own(step);
    link.channel.send('Taken', { durationMs: performance.now() - started, epochs: epochs.map((epoch) => epoch + 1) });
    faultPoint('dest.commit.said');
    await this.#taken();
  }

  async #own(step: DestinationStep, more: Pick<OwnerRecord, 'forcedAt'> = {}): Promise<void> {
    try {
      await this.#recorded(step, () => this.#copies.record(this.#offer, 'owner', more));
    } catch (error) {
      this.view.become('outcome-unknown', toGodwitError(error));
      throw error;
    }
    faultPoint('dest.commit.recorded');
    const images = this.#copies.serve(this.#offer);
    this.#arriving.run(this.#offer, images);
    faultPoint('dest.commit.served');
  }

  /** The source asks, and whether OWNER is on disk was left open: it is written again. Who asked is told at his next try. */
  async ownAfterAll(): Promise<void> {
    await this.#own(this.#apply('retry'));
    await this.#taken();
  }

  async #taken(): Promise<void> {
    await this.#link?.endLanes();
    this.#copies.forget(this.id);
    faultPoint('dest.taken.forgotten');
    this.#finish('completed');
    await this.#arriving.report(this.#link?.channel);
  }

  async #cancelled({ channel }: IncomingLink, code: string, reason: string): Promise<void> {
    if (this.isSettling || this.phase === 'owner') {
      throw new GodwitError('E_TOO_LATE', { id: this.id, state: this.phase, action: 'cancel' });
    }
    await this.#end(errorOfCancel(code, reason));
    channel.send('Cancelled', {});
  }

  #laneLost(link: IncomingLink, error: GodwitError): void {
    if (this.#link === link && (this.phase === 'receiving' || this.phase === 'preparing')) this.#failed(link, error);
  }

  #linkLost(link: IncomingLink, error: GodwitError): void {
    if (this.#link !== link) return;
    const isReceiving = this.phase === 'receiving' || this.phase === 'preparing';
    if (isReceiving && !comesBack(this.#offer, error)) {
      this.#run(link, this.#end(error));
      return;
    }
    const { next } = this.#apply('link-lost');
    if (next === 'paused') this.#run(link, this.#pause(link, error));
    if (next !== 'unknown') return;
    this.view.become(
      'outcome-unknown',
      new GodwitError('E_OUTCOME_UNKNOWN', {}, { cause: error, detail: error.message }),
    );
    this.#parts.logger.warn({ migration: this.id }, 'link lost while prepared; waiting for the source to ask');
  }

  async #pause(link: IncomingLink, error: GodwitError): Promise<void> {
    this.view.become('paused', error);
    this.#parts.logger.info({ migration: this.id, code: error.code, reason: error.message }, 'waiting for the source');
    await link.endLanes();
    faultPoint('dest.pause.paused');
  }

  /** No file left, ABORTED on disk. */
  async #end(error: GodwitError): Promise<void> {
    if (this.phase === 'ending' || this.phase === 'over') return;
    this.#patience.end();
    await this.#discard(this.#apply('give-up'), error);
  }

  async #discard(step: DestinationStep, error: GodwitError): Promise<void> {
    try {
      await this.#recorded(step, async () => {
        await this.#taking;
        await this.#link?.endLanes();
        await this.#arriving.abandon();
        await this.#copies.discard(this.#offer);
      });
    } catch (thrown) {
      // The record still says incoming: whoever asks has it aborted, or the next start finds what is left.
      const reason = toGodwitError(thrown).message;
      this.#parts.logger.error({ migration: this.id, reason }, 'what was received could not be removed');
    }
    this.#finish(error.code === 'E_CANCELLED' || error.code === 'E_HOOK' ? 'cancelled' : 'failed', error);
  }

  #finish(state: 'completed' | 'cancelled' | 'failed', error?: GodwitError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#parts.logger.info({ migration: this.id, state, images: this.names }, 'migration state');
    this.view.become(state, error);
    this.#parts.onEnded(this);
  }
}
