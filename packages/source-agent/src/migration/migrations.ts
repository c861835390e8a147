import { randomBytes } from 'node:crypto';
import {
  type EventLog,
  type ForcedOwner,
  formatAddress,
  type Logger,
  type MigrationRequest,
  type MigrationStore,
  type MigrationView,
  type OwnershipStore,
  parseAddress,
  requireTlsBeyondLoopback,
  type SourceOptions,
  type TravellingWorkload,
  type WorkloadOf,
} from '@godwit/agent';
import { GodwitError, toGodwitError } from '@godwit/errors';
import type { DirtyRecord, LiveImage } from '@godwit/image';
import { LIMITS } from '@godwit/protocol';
import type { SourceImages } from '../images/sourceImages.js';
import type { JournalEntry, MigrationJournal } from '../journal/migrationJournal.js';
import { CommandWorkload } from './commandWorkload.js';
import type { Peer } from './link.js';
import type { MigrationParts, ResumedMigration } from './migrationParts.js';
import { SourceMigration } from './sourceMigration.js';
import { survey } from './survey.js';

/** Below this an extent takes longer than any patience. */
const SLOWEST_CAP = 1024;
/** Finished migrations that can still be read; older ones are forgotten. */
const HISTORY = 100;

/** How long a destination may look around its host. */
const SURVEY_MS = 30_000;

export interface MigrationsParts {
  readonly images: SourceImages;
  readonly ownership: OwnershipStore;
  readonly journal: MigrationJournal;
  readonly options: SourceOptions;
  readonly agentVersion: string;
  /** What runs on images; the user's commands unless given. */
  readonly workloadOf?: WorkloadOf | undefined;
  readonly logger: Logger;
  /** Called when a migration has ended, whatever the outcome. */
  readonly onEnded: (migration: SourceMigration) => void;
}

type Launched = Pick<MigrationParts, 'id' | 'request' | 'images' | 'peer' | 'recoveryOf' | 'resumed'>;

/** All migrations of a source agent, running and past. */
export class Migrations implements MigrationStore {
  readonly #parts: MigrationsParts;
  readonly #all = new Map<string, SourceMigration>();
  readonly #running = new Map<string, Promise<void>>();
  /** Recoveries so far: a migration whose images are opened one by one is asked about once for each. */
  #recoveries = 0;
  /** Migrations of an earlier life that wait for their images. */
  #interrupted: JournalEntry[];
  #closing = false;
  /** Migrations of an earlier life being looked after; never rejects. */
  #recovering: Promise<void> = Promise.resolve();

  constructor(parts: MigrationsParts) {
    this.#parts = parts;
    this.#interrupted = parts.journal.entries(parts.logger);
    parts.images.migrationOf = (name) => this.#busyWith(name);
  }

  list(): MigrationView[] {
    return [...this.#all.values()].map((migration) => migration.view());
  }

  view(id: string): MigrationView {
    return this.#find(id).view();
  }

  events(id: string): EventLog {
    return this.#find(id).events;
  }

  /** Those that are remembered. */
  all(): Iterable<SourceMigration> {
    return this.#all.values();
  }

  get activeCount(): number {
    return this.#running.size;
  }

  async start(request: MigrationRequest): Promise<{ id: string }> {
    if (this.#closing) throw new GodwitError('E_SHUTDOWN');
    const address = parseAddress(request.destination, 'destination');
    const { lanes, bandwidthLimit } = request;
    if (bandwidthLimit !== undefined && bandwidthLimit < SLOWEST_CAP) {
      const expected = `at least ${SLOWEST_CAP} bytes per second`;
      throw new GodwitError('E_BAD_VALUE', { name: 'bandwidthLimit', value: bandwidthLimit, expected });
    }
    if (lanes !== undefined && (lanes < 1 || lanes > LIMITS.lanes)) {
      throw new GodwitError('E_BAD_VALUE', { name: 'lanes', value: lanes, expected: `1 to ${LIMITS.lanes}` });
    }
    if (request.images.length > LIMITS.images) {
      throw new GodwitError('E_TOO_LARGE', {
        what: 'number of images',
        value: request.images.length,
        limit: LIMITS.images,
      });
    }
    const peer = this.#peer(address);
    this.#checkImages(request.images);
    await this.#recovering;
    await this.#forgetInterrupted(request.images);
    // Again, for others may have come meanwhile; from here to the launch nobody does.
    const images = this.#checkImages(request.images);
    const id = randomBytes(6).toString('hex');
    this.#launch({ id, request, images, peer });
    return { id };
  }

  /** What stands against a workload's moving to HOST:PORT, as its driver there words it. */
  survey(destination: string, workload: TravellingWorkload): Promise<string> {
    const peer = this.#peer(parseAddress(destination, 'destination'));
    return survey(peer, workload, AbortSignal.timeout(SURVEY_MS));
  }

  async cutover(id: string): Promise<void> {
    this.#find(id).cutover();
  }

  async resolve(id: string, forceOwner: ForcedOwner | undefined): Promise<void> {
    await this.#find(id).resolve(forceOwner);
  }

  async cancel(id: string): Promise<void> {
    this.#find(id).cancel(new GodwitError('E_CANCELLED', { reason: 'by the operator' }));
  }

  /**
   * Called when images have been opened: asks about every one whose record says SEALED and that nobody asks about yet, for its
   * agent ended before it heard who owns; and goes on with migrations that were not sealed.
   */
  recover(): void {
    this.#askAboutSealed();
    this.#recovering = this.#recovering.then(() => this.#goOn());
  }

  #askAboutSealed(): void {
    const sealed = this.#parts.images.all().filter(({ name }) => {
      const role = this.#parts.ownership.get(name)?.role;
      return role === 'sealed' && this.#busyWith(name) === undefined;
    });
    const recordOf = (image: LiveImage) => this.#parts.ownership.get(image.name);
    for (const id of new Set(sealed.map((image) => recordOf(image)?.migration ?? ''))) {
      const images = sealed.filter((image) => recordOf(image)?.migration === id);
      const peer = images.map((image) => recordOf(image)?.peer ?? '')[0] ?? '';
      this.#recoverOne(id, images, peer);
    }
  }

  /** A record that cannot be asked about leaves its gate closed; it does not stop the agent. */
  #recoverOne(id: string, images: readonly LiveImage[], peer: string): void {
    const names = images.map((image) => image.name);
    try {
      this.#recoveries += 1;
      const shownAs = this.#all.has(id) ? `${id}-${this.#recoveries}` : id;
      const address = this.#peer(parseAddress(peer, 'peer'));
      this.#launch({ id: shownAs, request: recoveryRequest(names, peer), images, peer: address, recoveryOf: id });
    } catch (thrown) {
      const reason = toGodwitError(thrown).message;
      this.#parts.logger.error(
        { migration: id, images: names, reason },
        'cannot ask who owns; these images take no writes',
      );
    }
  }

  /** Goes on with those whose images are all open by now. Never rejects. */
  async #goOn(): Promise<void> {
    const { images, ownership, journal, logger } = this.#parts;
    const waiting: JournalEntry[] = [];
    const ready: { readonly entry: JournalEntry; readonly records: readonly DirtyRecord[] }[] = [];
    for (const entry of this.#interrupted) {
      const roles = entry.request.images.map((name) => ownership.get(name)?.role);
      if (roles.every((role) => role === 'owner')) {
        const isOpen = entry.request.images.every((name) => images.all().some((image) => image.name === name));
        if (isOpen) ready.push({ entry, records: images.recordsOf(entry.request.images) });
        else waiting.push(entry);
        if (!isOpen)
          logger.warn({ migration: entry.id, images: entry.request.images }, 'waits for its images to be opened');
      } else if (!roles.includes('sealed')) {
        // Sealed is asked about under its own record; anything else is over.
        journal.remove(entry.id, logger);
      }
    }
    this.#interrupted = waiting;
    // A record that no migration goes on with is of one that is over.
    await images.dropRecords((name) => !waiting.some(({ request }) => request.images.includes(name)));
    for (const { entry, records } of ready) {
      if (this.#closing) for (const record of records) await record.leave();
      if (this.#closing) continue;
      this.#resume(entry, { records, attempts: entry.attempts, startedAt: new Date(entry.startedAt) });
    }
  }

  #resume({ id, request }: JournalEntry, resumed: ResumedMigration): void {
    const { images, logger } = this.#parts;
    const { images: names, destination } = request;
    try {
      logger.info({ migration: id, images: names, destination }, 'going on with a migration');
      const peer = this.#peer(parseAddress(destination, 'destination'));
      this.#launch({ id, request, images: names.map((name) => images.live(name)), peer, resumed });
    } catch (error) {
      logger.error({ migration: id, reason: toGodwitError(error).message }, 'a migration cannot be gone on with');
    }
  }

  /** A new migration of an image takes the place of one of an earlier life that still waits for other images. */
  async #forgetInterrupted(names: readonly string[]): Promise<void> {
    const { images, journal, logger } = this.#parts;
    const concerned = this.#interrupted.filter(({ request }) => request.images.some((name) => names.includes(name)));
    for (const { id } of concerned) journal.remove(id, logger);
    this.#interrupted = this.#interrupted.filter((entry) => !concerned.includes(entry));
    await images.dropRecords((name) => concerned.some(({ request }) => request.images.includes(name)));
  }

  /** Cancels what can be cancelled and waits until all have ended. */
  async shutDown(): Promise<void> {
    this.#closing = true;
    await this.#recovering;
    for (const id of this.#running.keys()) this.#all.get(id)?.shutDown();
    await Promise.all(this.#running.values());
  }

  #launch(what: Launched): void {
    const { ownership, journal, options, logger, onEnded } = this.#parts;
    const { id, images, peer } = what;
    const context = {
      migration: what.recoveryOf ?? id,
      images: images.map((image) => image.name),
      paths: images.map((image) => image.file.path),
      destination: formatAddress(peer),
      mode: what.request.mode,
      isRecovery: what.recoveryOf !== undefined,
    };
    const workload = this.#parts.workloadOf?.(context) ?? new CommandWorkload(options.hooks, context, logger);
    const migration = new SourceMigration({ ...what, ownership, journal, logger, workload });
    this.#all.set(id, migration);
    this.#forgetOldest();
    const run = migration.run().finally(() => {
      this.#running.delete(id);
      onEnded(migration);
    });
    this.#running.set(id, run);
  }

  /** @throws GodwitError E_INSECURE when it would be talked to in plain text over a network */
  #peer(address: { host: string; port: number }): Peer {
    const { options, agentVersion } = this.#parts;
    const { tls, token = '', peerTimeoutMs, insecure } = options;
    const basic = { ...address, token, agentVersion, peerTimeoutMs };
    const first = tls?.peer;
    if (first !== undefined) return { ...basic, tls: () => tls?.peer ?? first };
    if (insecure !== true) requireTlsBeyondLoopback('migrating to', address, '--tls-ca');
    return basic;
  }

  #checkImages(names: readonly string[]): LiveImage[] {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new GodwitError('E_USAGE', { problem: `image "${twice}" is named twice` });
    return names.map((name) => {
      const image = this.#parts.images.live(name);
      const busy = this.#busyWith(name);
      if (busy !== undefined) throw new GodwitError('E_BUSY_IMAGE', { name, id: busy });
      const record = this.#parts.ownership.get(name);
      if (record?.role === 'released') throw new GodwitError('E_MOVED', { name, location: record.location });
      if (record?.role !== 'owner') throw new GodwitError('E_NOT_OWNER', { name, state: record?.role ?? 'unknown' });
      return image;
    });
  }

  #busyWith(name: string): string | undefined {
    for (const id of this.#running.keys()) {
      const migration = this.#all.get(id);
      if (migration?.isOver === false && migration.names.includes(name)) return id;
    }
    return undefined;
  }

  #find(id: string): SourceMigration {
    const migration = this.#all.get(id);
    if (migration === undefined) throw new GodwitError('E_NOT_FOUND', { what: 'migration', name: id });
    return migration;
  }

  #forgetOldest(): void {
    for (const id of this.#all.keys()) {
      if (this.#all.size <= HISTORY) return;
      if (!this.#running.has(id)) this.#all.delete(id);
    }
  }
}

/** A request that only serves to ask who owns. */
function recoveryRequest(images: string[], destination: string): MigrationRequest {
  return {
    images,
    destination,
    mode: 'live',
    downtimeLimitMs: 0,
    verify: 'full',
    maxRounds: 1,
    timeoutMs: 0,
    onStall: 'abort',
    cutover: 'auto',
    patienceMs: 0,
    seed: false,
  };
}
