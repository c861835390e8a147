import type { EventLog, MigrationStore, MigrationView } from '@godwit/agent';
import { GodwitError, toGodwitError } from '@godwit/errors';
import { type FrameHeaders, LIMITS } from '@godwit/protocol';
import { type ControlChannel, type Greeted, turnAway } from '@godwit/transport';
import { greetControl } from './controlSession.js';
import { IncomingMigration, type IncomingParts } from './incomingMigration.js';
import { IncomingView } from './incomingView.js';
import { abortMigration, settleOutcome } from './settle.js';

/** Finished migrations that can still be read. */
const HISTORY = 100;

/** All incoming migrations of a destination: routes connections to them, answers who owns. */
export class IncomingMigrations implements MigrationStore {
  readonly #parts: Omit<IncomingParts, 'onEnded'>;
  readonly #peerTimeoutMs: number;
  readonly #onEnded: (view: IncomingView) => void;
  readonly #views = new Map<string, IncomingView>();
  readonly #active = new Map<string, IncomingMigration>();
  #admission: Promise<unknown> = Promise.resolve();
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

  /**
   * What an earlier life left: half-filled images go (a resume would need to know what they hold),
   * prepared ones wait for their source to ask.
   */
  async recover(): Promise<void> {
    const { ownership, logger } = this.#parts;
    const halves = ownership.all().filter((record) => record.role === 'incoming');
    for (const id of new Set(halves.map((record) => record.migration))) {
      logger.warn({ migration: id }, 'removing what never arrived whole');
      await abortMigration(ownership, id);
    }
    const prepared = ownership.all().filter((record) => record.role === 'prepared');
    for (const id of new Set(prepared.map((record) => record.migration))) {
      const records = prepared.filter((record) => record.migration === id);
      const view = new IncomingView({
        migrationId: id,
        mode: 'live',
        verify: 'full',
        lanes: 1,
        sourceId: '',
        images: records.map(({ name, kind, blockBytes, epoch }) => ({
          name,
          kind,
          blockBytes,
          epoch: epoch - 1,
          sizeBytes: 0,
          allocatedBytes: 0,
        })),
      });
      view.become('outcome-unknown', new GodwitError('E_OUTCOME_UNKNOWN', {}, { detail: 'restarted while prepared' }));
      this.#views.set(id, view);
    }
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

  #lane(connection: Greeted): void {
    try {
      const migration = this.#active.get(connection.hello.migrationId);
      if (migration === undefined) {
        throw new GodwitError('E_NOT_FOUND', { what: 'migration', name: connection.hello.migrationId });
      }
      migration.attachLane(connection);
    } catch (error) {
      turnAway(connection.socket, toGodwitError(error));
    }
  }

  #control(connection: Greeted): void {
    greetControl(connection, this.#peerTimeoutMs, this.#parts.agentVersion, async (frame, channel) => {
      if (frame.type === 'Offer') await this.#offered(frame.header, channel);
      else if (frame.type === 'Resolve') await this.#asked(frame.header, channel);
    }).catch((error: unknown) =>
      this.#parts.logger.warn({ reason: toGodwitError(error).message }, 'control connection refused'),
    );
  }

  /** One offer is judged at a time, so that room and names are promised once. */
  #offered(offer: FrameHeaders['Offer'], channel: ControlChannel): Promise<void> {
    const judged = this.#admission.then(() => this.#admit(offer, channel));
    this.#admission = judged.catch(() => undefined);
    return judged;
  }

  async #admit(offer: FrameHeaders['Offer'], channel: ControlChannel): Promise<void> {
    if (this.#closing) throw new GodwitError('E_SHUTDOWN');
    if (this.#active.size >= LIMITS.incomingMigrations) {
      throw new GodwitError('E_TOO_MANY', { what: 'incoming migrations', limit: LIMITS.incomingMigrations });
    }
    if (this.#views.has(offer.migrationId)) {
      throw new GodwitError('E_PROTOCOL', { problem: `migration ${offer.migrationId} was offered before` });
    }
    await this.#supersede(offer);
    let reserved = 0;
    for (const other of this.#active.values()) {
      const shared = other.names.find((name) => offer.images.some((image) => image.name === name));
      if (shared !== undefined) throw new GodwitError('E_BUSY_IMAGE', { name: shared, id: other.id });
      reserved += await other.reservedBytes();
    }
    const parts = { ...this.#parts, onEnded: (ended: IncomingMigration) => this.#ended(ended) };
    const migration = await IncomingMigration.accept(parts, offer, channel, reserved);
    if (migration.isEnded) return;
    this.#active.set(migration.id, migration);
    this.#views.set(migration.id, migration.view);
    this.#forgetOldest();
  }

  /**
   * A source that sealed cannot offer: one that offers an image that waits here as PREPARED from itself
   * gave that migration up, by a cancel that did not arrive or by a restart. Another source's offer
   * says nothing about it, whatever name and epoch it bears.
   */
  async #supersede(offer: FrameHeaders['Offer']): Promise<void> {
    const { ownership } = this.#parts;
    for (const { name, epoch } of offer.images) {
      const record = ownership.get(name);
      if (record?.role !== 'prepared' || record.epoch !== epoch + 1) continue;
      if (offer.sourceId === '' || record.offeredBy !== offer.sourceId) continue;
      const active = this.#active.get(record.migration);
      if (active !== undefined && active.phase !== 'unknown') continue;
      const reason = 'the source offers the image anew';
      if (active !== undefined) await active.giveUp(new GodwitError('E_ABORTED', { reason }));
      else await this.#abandon(record.migration, reason);
    }
  }

  /** Gives up a migration of an earlier life. */
  async #abandon(id: string, reason: string): Promise<void> {
    await abortMigration(this.#parts.ownership, id);
    this.#failView(id, reason);
  }

  #failView(id: string, reason: string): void {
    const view = this.#views.get(id);
    if (view?.state === 'outcome-unknown') view.become('failed', new GodwitError('E_ABORTED', { reason }));
  }

  /** Resolve: the source lost our last answer, or was restarted. */
  async #asked(question: FrameHeaders['Resolve'], channel: ControlChannel): Promise<void> {
    const { ownership, advertised, logger } = this.#parts;
    const active = this.#active.get(question.migrationId);
    await active?.giveUp(new GodwitError('E_ABORTED', { reason: 'the source asked before COMMIT came' }));
    const state = active?.isSettling === true ? 'unknown' : await settleOutcome(ownership, question.migrationId);
    logger.info({ migration: question.migrationId, state }, 'told the source who owns');
    if (state === 'aborted') this.#failView(question.migrationId, 'never committed');
    const epochs = question.names.map((name) => ownership.get(name)?.epoch ?? 0);
    channel.send('Outcome', { state, epochs, ...advertised() });
  }

  #ended(migration: IncomingMigration): void {
    this.#active.delete(migration.id);
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
