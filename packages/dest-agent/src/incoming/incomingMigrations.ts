import { setTimeout as wait } from 'node:timers/promises';
import type { EventLog, ForcedOwner, MigrationStore, MigrationView, OwnerRecord } from '@godwit/agent';
import { GodwitError, toGodwitError } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import { type FrameHeaders, LIMITS } from '@godwit/protocol';
import { type ControlChannel, type Greeted, turnAway } from '@godwit/transport';
import { imagePath } from './admission.js';
import { greetControl } from './controlSession.js';
import { IncomingMigration } from './incomingMigration.js';
import type { IncomingParts } from './incomingParts.js';
import type { IncomingView } from './incomingView.js';
import { mayGoOn } from './restoredOffer.js';
import { abortMigration, settleOutcome } from './settle.js';
import { isSamePlace } from './standingFile.js';

/** Finished migrations that can still be read. */
const HISTORY = 100;
/**
 * A source that offers an image anew has given up the migration that it is in: the word of that may still be on its way, or what is left of it be
 * under removal.
 */
const GIVEN_UP_MS = 5_000;
const TO_ITSELF = 'the destination is the agent that the image is at already; name that of another host';

/** All incoming migrations of a destination: routes connections to them, answers who owns. */
export class IncomingMigrations implements MigrationStore {
  readonly #parts: Omit<IncomingParts, 'onEnded'>;
  readonly #peerTimeoutMs: number;
  readonly #onEnded: (view: IncomingView) => void;
  readonly #views = new Map<string, IncomingView>();
  readonly #active = new Map<string, IncomingMigration>();
  #admission: Promise<unknown> = Promise.resolve();
  /** Until its offer is judged, by migration. */
  readonly #judged = new Map<string, Promise<unknown>>();
  /** Who waits for a migration to end, by its id. */
  readonly #awaited = new Map<string, () => void>();
  /** Control connections that have not said what they want, or have not had their answer. */
  #opening = 0;
  #closing = false;

  constructor(parts: Omit<IncomingParts, 'onEnded'>, peerTimeoutMs: number, onEnded: (view: IncomingView) => void) {
    this.#parts = parts;
    this.#peerTimeoutMs = peerTimeoutMs;
    this.#onEnded = onEnded;
  }

  get activeCount(): number {
    return this.#active.size;
  }

  list(): MigrationView[] {
    return [...this.#views.values()].map((view) => view.view());
  }

  view(id: string): MigrationView {
    return this.#find(id).view();
  }

  events(id: string): EventLog {
    return this.#find(id).events;
  }

  /** What an earlier life left waits for its source, but for what its source will not come back for. */
  async recover(): Promise<void> {
    const { ownership, logger } = this.#parts;
    const left = ownership.all().filter(({ role }) => role === 'incoming' || role === 'prepared');
    for (const id of new Set(left.map((record) => record.migration))) {
      const records = left.filter((record) => record.migration === id);
      if (!records.every(({ name, path }) => isSamePlace(path, imagePath(this.#parts.dir, name)))) {
        const paths = records.map(({ path }) => path);
        logger.error({ migration: id, paths }, 'what was received is not in this --dir; it stays where it is');
        continue;
      }
      if (records.some(({ role }) => role === 'prepared') || mayGoOn(records)) this.#restore(id, records);
      else {
        logger.warn({ migration: id }, 'removing what never arrived whole');
        await abortMigration(ownership, id);
      }
    }
    faultPoint('dest.start.restored');
  }

  #restore(id: string, records: readonly OwnerRecord[]): void {
    const migration = IncomingMigration.restore(this.#ownParts(), records);
    this.#active.set(id, migration);
    this.#views.set(id, migration.view);
  }

  #ownParts(): IncomingParts {
    return { ...this.#parts, onEnded: (ended) => this.#ended(ended) };
  }

  /** A connection that said Hello. */
  connected(connection: Greeted): void {
    if (connection.role === 'lane') this.#lane(connection);
    else this.#control(connection);
  }

  /** Gives up what was not prepared; what was keeps its record and waits for the source to ask. */
  async shutDown(): Promise<void> {
    this.#closing = true;
    await this.#admission;
    await Promise.all([...this.#active.values()].map((migration) => migration.shutDown()));
  }

  /** An operator ends the waiting for a source; while there is one, it is the source's to cancel. */
  async cancel(id: string): Promise<void> {
    const state = this.#find(id).state;
    const migration = this.#active.get(id);
    if (migration?.phase !== 'paused') throw new GodwitError('E_TOO_LATE', { id, state, action: 'cancel it here' });
    await migration.giveUp(new GodwitError('E_CANCELLED', { reason: 'by the operator' }));
  }

  /**
   * An outcome that is unknown here ends when the source asks, which is nothing that this side can bring about; or by an
   * operator's word.
   */
  async resolve(id: string, forceOwner: ForcedOwner | undefined): Promise<void> {
    const { state } = this.#find(id);
    const migration = this.#active.get(id);
    if (state !== 'outcome-unknown' || migration === undefined) {
      throw new GodwitError('E_TOO_LATE', { id, state, action: 'resolve' });
    }
    if (migration.isSettling) {
      // COMMIT came: the source has let go, and waits to hear what is written here.
      if (forceOwner === 'source') throw new GodwitError('E_TOO_LATE', { id, state, action: 'let go: COMMIT came' });
      await migration.ownAfterAll();
    } else if (forceOwner === 'source') {
      await migration.giveUp(new GodwitError('E_ABORTED', { reason: 'an operator forces the source to own' }));
    } else if (forceOwner === 'destination') await migration.forceOwn();
  }

  #lane(connection: Greeted): void {
    try {
      const migration = this.#active.get(connection.hello.migrationId);
      if (migration === undefined) {
        throw new GodwitError('E_NOT_FOUND', { what: 'migration', name: connection.hello.migrationId });
      }
      migration.attachLane(connection);
    } catch (thrown) {
      const error = toGodwitError(thrown);
      turnAway(connection.socket, error);
      connection.unproven?.settled(error);
    }
  }

  #control(connection: Greeted): void {
    if (this.#opening >= LIMITS.pendingConnections) {
      const what = 'control connections without an offer';
      turnAway(connection.socket, new GodwitError('E_TOO_MANY', { what, limit: LIMITS.pendingConnections }));
      return;
    }
    this.#opening += 1;
    greetControl(connection, this.#peerTimeoutMs, this.#parts.agentVersion, async (frame, channel) => {
      if (frame.type === 'Offer') await this.#offered(frame.header, channel);
      else if (frame.type === 'Resolve') await this.#asked(frame.header, channel);
      else if (frame.type === 'Survey') await this.#surveyed(frame.header, channel);
    })
      .catch((error: unknown) =>
        this.#parts.logger.warn({ reason: toGodwitError(error).message }, 'control connection refused'),
      )
      .finally(() => {
        this.#opening -= 1;
      });
  }

  /** One offer is judged at a time, so that room and names are promised once. */
  #offered(offer: FrameHeaders['Offer'], channel: ControlChannel): Promise<void> {
    const judged = this.#admission.then(() => this.#admit(offer, channel));
    const over = judged
      .catch(() => undefined)
      .finally(() => {
        if (this.#judged.get(offer.migrationId) === over) this.#judged.delete(offer.migrationId);
      });
    this.#admission = over;
    this.#judged.set(offer.migrationId, over);
    return judged;
  }

  async #admit(offer: FrameHeaders['Offer'], channel: ControlChannel): Promise<void> {
    if (this.#closing) throw new GodwitError('E_SHUTDOWN');
    // An agent with both roles, reached by a name that it did not know for its own.
    if (offer.sourceId === this.#parts.ownership.identity) throw new GodwitError('E_USAGE', { problem: TO_ITSELF });
    const known = this.#active.get(offer.migrationId);
    if (known !== undefined) {
      if (known.isWaiting) this.#checkRoom();
      await known.resume(offer, channel);
      return;
    }
    this.#checkRoom();
    if (this.#active.size >= LIMITS.incomingMigrations + LIMITS.waitingMigrations) {
      throw new GodwitError('E_TOO_MANY', {
        what: 'migrations whose sources are away',
        limit: LIMITS.waitingMigrations,
      });
    }
    if (this.#parts.ownership.outcomeOf(offer.migrationId) === 'aborted') {
      // Why is lost with a link that broke before it was told, and with an earlier life.
      const why = this.#views.get(offer.migrationId)?.problem;
      const reason = why ?? 'its source did not come back in time, or somebody ended it';
      throw new GodwitError('E_ABORTED', { reason });
    }
    if (this.#views.has(offer.migrationId)) {
      throw new GodwitError('E_PROTOCOL', { problem: `migration ${offer.migrationId} was offered before` });
    }
    await this.#supersede(offer);
    let reserved = 0;
    for (const other of this.#active.values()) {
      const shared = other.names.find((name) => offer.images.some((image) => image.name === name));
      if (shared !== undefined && !(await this.#isGivenUp(other, offer))) {
        throw new GodwitError('E_BUSY_IMAGE', { name: shared, id: other.id });
      }
      if (shared !== undefined) continue;
      reserved += await other.reservedBytes();
    }
    const migration = await IncomingMigration.accept(this.#ownParts(), offer, channel, reserved);
    if (migration.isEnded) return;
    this.#active.set(migration.id, migration);
    this.#views.set(migration.id, migration.view);
    this.#forgetOldest();
  }

  /** Its own source offers anew, and it ends before long. */
  async #isGivenUp(other: IncomingMigration, { sourceId }: FrameHeaders['Offer']): Promise<boolean> {
    if (sourceId === '' || other.sourceId !== sourceId || other.isSettling || other.phase === 'owner') return false;
    const ended = new Promise<void>((resolve) => this.#awaited.set(other.id, resolve));
    const late = new AbortController();
    const patience = wait(GIVEN_UP_MS, undefined, { ref: false, signal: late.signal }).catch(() => undefined);
    await Promise.race([ended, patience]);
    late.abort();
    this.#awaited.delete(other.id);
    return other.isEnded;
  }

  #checkRoom(): void {
    const connected = [...this.#active.values()].filter(({ isWaiting }) => !isWaiting).length;
    if (connected < LIMITS.incomingMigrations) return;
    throw new GodwitError('E_TOO_MANY', { what: 'incoming migrations', limit: LIMITS.incomingMigrations });
  }

  /**
   * A source that sealed cannot offer: one that offers an image of which a copy waits here from itself gave that migration up,
   * by a cancel that did not arrive or by a restart. Another source's offer says nothing about it, whatever name
   * and epoch it bears.
   */
  async #supersede({ sourceId, images }: FrameHeaders['Offer']): Promise<void> {
    const { ownership } = this.#parts;
    for (const { name, epoch } of images) {
      const waiting = [...this.#active.values()].find((other) => other.isWaiting && other.names.includes(name));
      if (waiting === undefined || sourceId === '' || waiting.sourceId !== sourceId) continue;
      // One that was forced to own skips an epoch.
      if ((ownership.get(name)?.epoch ?? 0) > epoch + 1) continue;
      await waiting.giveUp(new GodwitError('E_ABORTED', { reason: 'the source offers the image anew' }));
    }
  }

  /** Resolve: the source lost our last answer, or was restarted. */
  async #asked(question: FrameHeaders['Resolve'], channel: ControlChannel): Promise<void> {
    const { ownership, advertised, logger } = this.#parts;
    // An offer that is being judged is of a migration that has no place in `#active` yet. Others may take long: a machine is started.
    await this.#judged.get(question.migrationId);
    const active = this.#active.get(question.migrationId);
    await active?.giveUp(new GodwitError('E_ABORTED', { reason: 'the source asked before COMMIT came' }));
    faultPoint('dest.ask.given-up');
    const state = await settleOutcome(ownership, question.migrationId, active?.phase);
    faultPoint('dest.ask.settled');
    logger.info({ migration: question.migrationId, state }, 'told the source who owns');
    const epochs = question.names.map((name) => ownership.get(name)?.epoch ?? 0);
    channel.send('Outcome', { state, epochs, ...advertised() });
    // It was the only question; one who stays would hold a connection for ever.
    channel.close();
  }

  async #surveyed({ workload, document }: FrameHeaders['Survey'], channel: ControlChannel): Promise<void> {
    channel.send('Findings', { document: await this.#parts.workloads.survey(workload, document) });
    channel.close();
  }

  #ended(migration: IncomingMigration): void {
    this.#active.delete(migration.id);
    this.#awaited.get(migration.id)?.();
    this.#onEnded(migration.view);
  }

  #find(id: string): IncomingView {
    const view = this.#views.get(id);
    if (view === undefined) throw new GodwitError('E_NOT_FOUND', { what: 'migration', name: id });
    return view;
  }

  #forgetOldest(): void {
    for (const id of this.#views.keys()) {
      if (this.#views.size <= HISTORY) return;
      if (!this.#active.has(id)) this.#views.delete(id);
    }
  }
}
