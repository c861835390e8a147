import { randomBytes } from 'node:crypto';
import {
  type EventLog,
  type Logger,
  type MigrationRequest,
  type MigrationStore,
  type MigrationView,
  type OwnershipStore,
  parseAddress,
  type SourceOptions,
} from '@godwit/agent';
import { GodwitError, toGodwitError } from '@godwit/errors';
import type { LiveImage } from '@godwit/image';
import { LIMITS } from '@godwit/protocol';
import type { SourceImages } from '../images/sourceImages.js';
import type { Peer } from './link.js';
import { SourceMigration } from './sourceMigration.js';

/** Below this an extent takes longer than any patience. */
const SLOWEST_CAP = 1024;
/** Finished migrations that can still be read; older ones are forgotten. */
const HISTORY = 100;

export interface MigrationsParts {
  readonly images: SourceImages;
  readonly ownership: OwnershipStore;
  readonly options: SourceOptions;
  readonly agentVersion: string;
  readonly logger: Logger;
  /** Called when a migration has ended, whatever the outcome. */
  readonly onEnded: (migration: SourceMigration) => void;
}

/** All migrations of a source agent, running and past. */
export class Migrations implements MigrationStore {
  readonly #parts: MigrationsParts;
  readonly #all = new Map<string, SourceMigration>();
  readonly #running = new Map<string, Promise<void>>();
  /** Recoveries so far: a migration whose images are opened one by one is asked about once for each. */
  #recoveries = 0;
  #closing = false;

  constructor(parts: MigrationsParts) {
    this.#parts = parts;
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
    const images = this.#checkImages(request.images);
    const id = randomBytes(6).toString('hex');
    this.#launch(id, request, images, this.#peer(address));
    return { id };
  }

  async cutover(id: string): Promise<void> {
    this.#find(id).cutover();
  }

  async cancel(id: string): Promise<void> {
    this.#find(id).cancel(new GodwitError('E_CANCELLED', { reason: 'by the operator' }));
  }

  /**
   * Asks about every open image whose record says SEALED and that nobody asks about yet: its agent ended
   * before it heard who owns. Called when images have been opened.
   */
  recover(): void {
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
      this.#launch(shownAs, recoveryRequest(names, peer), images, address, id);
    } catch (thrown) {
      const reason = toGodwitError(thrown).message;
      this.#parts.logger.error(
        { migration: id, images: names, reason },
        'cannot ask who owns; these images take no writes',
      );
    }
  }

  /** Cancels what can be cancelled and waits until all have ended. */
  async shutDown(): Promise<void> {
    this.#closing = true;
    for (const id of this.#running.keys()) this.#all.get(id)?.shutDown();
    await Promise.all(this.#running.values());
  }

  #launch(id: string, request: MigrationRequest, images: readonly LiveImage[], peer: Peer, recoveryOf?: string): void {
    const { ownership, options, logger, onEnded } = this.#parts;
    const migration = new SourceMigration({
      id,
      request,
      images,
      peer,
      ownership,
      logger,
      ...(recoveryOf === undefined ? {} : { recoveryOf }),
      hooks: options.hooks,
    });
    this.#all.set(id, migration);
    this.#forgetOldest();
    const run = migration.run().finally(() => {
      this.#running.delete(id);
      onEnded(migration);
    });
    this.#running.set(id, run);
  }

  #peer(address: { host: string; port: number }): Peer {
    const { options, agentVersion } = this.#parts;
    return { ...address, token: options.token ?? '', agentVersion, peerTimeoutMs: options.peerTimeoutMs };
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
  };
}
