/** An agent in memory for the tests of the API: real images of bytes, no files, no migration engine. */

import { Writable } from 'node:stream';
import { GodwitError } from '@godwit/errors';
import type { ByteStore, ImageStore, ImageView } from '../images/imageStore.js';
import { createLogger } from '../logging/logger.js';
import { createMetrics } from '../metrics/agentMetrics.js';
import { EventLog } from '../migrations/eventLog.js';
import type { MigrationRequest, MigrationStore } from '../migrations/migrationStore.js';
import type { MigrationView } from '../migrations/migrationView.js';
import { type Api, type ApiOptions, createApi } from './api.js';
import { listen } from './listen.js';

export class MemoryImage implements ByteStore {
  readonly content: Buffer;
  readonly dirtied: [number, number][] = [];
  readonly calls: string[] = [];
  moved = false;
  /** While it is set, writes wait for it, as they do at a closed gate. */
  gate: Promise<void> | undefined;
  waitingWrites = 0;

  constructor(readonly size: number) {
    this.content = Buffer.alloc(size);
  }

  async read(offset: number, length: number): Promise<Buffer> {
    return Buffer.from(this.content.subarray(offset, offset + length));
  }

  async write(offset: number, data: Uint8Array): Promise<void> {
    this.waitingWrites += 1;
    await this.gate;
    this.waitingWrites -= 1;
    if (this.moved) throw new GodwitError('E_MOVED', { name: 'vm', location: 'http://there:7401/v1/images/vm' });
    this.content.set(data, offset);
    await this.markDirty(offset, data.length);
  }

  async writeZeroes(offset: number, length: number): Promise<void> {
    this.calls.push(`zero ${offset} ${length}`);
  }

  async discard(offset: number, length: number): Promise<void> {
    this.calls.push(`discard ${offset} ${length}`);
  }

  async flush(): Promise<void> {
    this.calls.push('flush');
  }

  async markDirty(offset: number, length: number): Promise<void> {
    await this.gate;
    this.dirtied.push([offset, length]);
  }
}

export class MemoryImages implements ImageStore {
  readonly images = new Map<string, MemoryImage>();
  readonly specs: unknown[] = [];
  failure: Error | undefined;

  list(): ImageView[] {
    return [...this.images.keys()].map((name) => this.view(name));
  }

  view(name: string): ImageView {
    const image = this.#image(name);
    return {
      name,
      path: `/images/${name}`,
      size: image.size,
      kind: 'disk',
      blockSize: 65_536,
      allocatedBytes: 0,
      owner: { role: 'owner', epoch: 1 },
      dirtyBlocks: 0,
    };
  }

  bytes(name: string): ByteStore {
    if (this.failure !== undefined) throw this.failure;
    return this.#image(name);
  }

  async open(spec: { name: string }): Promise<ImageView> {
    this.specs.push(spec);
    this.images.set(spec.name, new MemoryImage(0));
    return this.view(spec.name);
  }

  async close(name: string): Promise<void> {
    this.#image(name);
    this.images.delete(name);
  }

  #image(name: string): MemoryImage {
    const image = this.images.get(name);
    if (image === undefined) throw new GodwitError('E_NOT_FOUND', { what: 'image', name });
    return image;
  }
}

export class MemoryMigrations implements MigrationStore {
  readonly log = new EventLog();
  readonly requests: MigrationRequest[] = [];
  readonly decisions: string[] = [];

  list(): MigrationView[] {
    return [this.view('m1')];
  }

  view(id: string): MigrationView {
    if (id !== 'm1') throw new GodwitError('E_NOT_FOUND', { what: 'migration', name: id });
    return EXAMPLE_MIGRATION;
  }

  events(id: string): EventLog {
    this.view(id);
    return this.log;
  }

  async start(request: MigrationRequest): Promise<{ id: string }> {
    this.requests.push(request);
    return { id: 'm1' };
  }

  async cutover(id: string): Promise<void> {
    this.decisions.push(`cutover ${id}`);
  }

  async cancel(id: string): Promise<void> {
    this.decisions.push(`cancel ${id}`);
  }
}

export const EXAMPLE_MIGRATION: MigrationView = {
  id: 'm1',
  role: 'source',
  images: ['vm'],
  state: 'active',
  mode: 'live',
  verify: 'full',
  startedAt: '2026-01-02T03:04:05.000Z',
  progress: {
    phase: 'round 1',
    total: 100,
    transferred: 50,
    remaining: 50,
    duplicate: 0,
    normal: 50,
    wireBytes: 40,
    resent: 0,
    percent: 50,
    etaMs: null,
    mbps: 1,
    dirtyBytesPerSec: 0,
    expectedDowntimeMs: null,
  },
  rounds: [],
};

/** Log lines of an API under test. */
export class LogLines extends Writable {
  readonly lines: string[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.lines.push(String(chunk));
    done();
  }
}

/** An API with nothing but what `createApi` gives. */
export async function bareApi(
  settings: { token?: string; ready?: () => boolean; tls?: ApiOptions['tls'] } = {},
): Promise<{ app: Api; log: LogLines }> {
  const log = new LogLines();
  const app = await createApi({
    title: 'Godwit source',
    role: 'source',
    logger: createLogger('info', log),
    ready: settings.ready ?? (() => true),
    metrics: createMetrics('source'),
    ...(settings.token === undefined ? {} : { token: settings.token }),
    ...(settings.tls === undefined ? {} : { tls: settings.tls }),
  });
  return { app, log };
}

/** Listens on a free port of loopback; returns the URL. */
export async function open(app: Api): Promise<string> {
  const { url } = await listen(app, { host: '127.0.0.1', port: 0 }, '--listen');
  return url;
}
