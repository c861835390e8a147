import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createLogger, type RunningAgent } from '../../../packages/agent/dist/index.js';
import { startDestination } from '../../../packages/dest-agent/dist/index.js';
import { startSource } from '../../../packages/source-agent/dist/index.js';
import { ApiClient } from '../harness/apiClient.js';
import { errorBodyOf } from '../harness/httpCall.js';
import { untilEnded, untilState } from '../harness/moving.js';
import { Stage } from '../harness/stage.js';
import { SeededRandom } from '../oracle/seededRandom.js';
import { anyKind, bytesOfKind, makeMixedFile } from './mixedImage.js';

const MIGRATIONS = 10;
const LARGEST_BYTES = 6_000_000;
const loopback = { host: '127.0.0.1', port: 0 };
const logger = createLogger('silent');

const stage = new Stage();
let source: RunningAgent;
let destination: RunningAgent;
let sourceApi: ApiClient;
let destinationApi: ApiClient;

const nameOf = (seed: number, index: number): string => `disk${seed}-${index}`;
const NO_NBD = { wait: false, farewell: 'eshutdown', tls: { mode: 'off' } } as const;
const pathOf = (name: string): string => stage.path(`${name}.raw`);
const arrivedPath = (name: string): string => stage.path('arrived', `${name}.img`);

beforeAll(async () => {
  const images = Array.from({ length: MIGRATIONS * 2 }, (_, index) => {
    const seed = 1 + Math.floor(index / 2);
    const name = nameOf(seed, index % 2);
    const random = new SeededRandom(index);
    const below = (bound: number) => random.below(bound);
    makeMixedFile(pathOf(name), 1 + below(LARGEST_BYTES), below);
    return {
      name,
      path: pathOf(name),
      kind: 'disk' as const,
      blockBytes: [4096, 65_536, 1024 * 1024][below(3)] ?? 4096,
    };
  });
  const common = { peerTimeoutMs: 10_000, hooks: { timeoutMs: 10_000 }, nbd: NO_NBD, logger };
  source = await startSource({ ...common, images, listen: loopback, stateDir: stage.path('source-state') });
  const place = { dir: stage.path('arrived'), stateDir: stage.path('destination-state') };
  destination = await startDestination({ ...common, ...place, listen: loopback, api: loopback });
  sourceApi = new ApiClient(source.apiUrl);
  destinationApi = new ApiClient(destination.apiUrl);
});
afterAll(async () => {
  sourceApi.close();
  destinationApi.close();
  await source.close();
  await destination.close();
  await stage.close();
});

/** A workload of one image: what was acknowledged stands in `shadow`; ends when the image has moved or `stop` is called. */
class Writer {
  readonly shadow: Buffer;
  readonly done: Promise<void>;
  readonly #name: string;
  readonly #random: SeededRandom;
  #stopped = false;

  constructor(name: string, seed: number) {
    this.#name = name;
    this.#random = new SeededRandom(seed);
    this.shadow = readFileSync(pathOf(name));
    this.done = this.#write();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return this.done;
  }

  async #write(): Promise<void> {
    const below = (bound: number) => this.#random.below(bound);
    while (!this.#stopped) {
      const offset = below(this.shadow.length);
      const length = Math.min(this.shadow.length - offset, 1 + below(20_000));
      const bytes = bytesOfKind(anyKind(below), length, below);
      const answer = await sourceApi.call('PUT', `/v1/images/${this.#name}/bytes?offset=${offset}`, bytes);
      if (answer.status === 421) return;
      if (answer.status !== 204) throw new Error(`${answer.status} ${errorBodyOf(answer).message}`);
      this.shadow.set(bytes, offset);
    }
  }
}

describe('both agents in one process', () => {
  const seeds = Array.from({ length: MIGRATIONS }, (_, index) => index + 1);

  it.each(seeds)('move images under writers, cancelled now and then: seed %d', async (seed) => {
    const random = new SeededRandom(seed * 1000);
    const names = Array.from({ length: 1 + random.below(2) }, (_, index) => nameOf(seed, index));
    const writers = names.map((name, index) => new Writer(name, seed * 10 + index));
    onTestFinished(async () => void (await Promise.allSettled(writers.map((writer) => writer.stop()))));
    const start = () =>
      sourceApi.startMigration({
        images: names,
        destination: `127.0.0.1:${destination.listenPort ?? 0}`,
        lanes: 1 + random.below(3),
        verify: random.below(4) === 0 ? 'wire' : 'full',
        // A busy machine must not fail the test: what counts is that no write is lost, not when it moves.
        onStall: 'force',
        maxRounds: 12,
      });
    if (seed % 3 === 0) {
      const id = await start();
      await sourceApi.call('POST', `/v1/migrations/${id}/cancel`);
      const { state } = await untilEnded(sourceApi, id);
      if (state === 'cancelled') {
        for (const name of names) {
          expect(existsSync(arrivedPath(name)), `${name} is left over`).toBe(false);
          expect((await sourceApi.image(name)).owner.role).toBe('owner');
        }
      }
    }
    const completed = (await sourceApi.image(names[0] ?? '')).owner.role === 'released';
    const view = completed ? undefined : await untilState(sourceApi, await start(), 'completed');
    await Promise.all(writers.map((writer) => writer.done));
    for (const [index, name] of names.entries()) {
      const shadow = writers[index]?.shadow ?? Buffer.alloc(0);
      expect(readFileSync(arrivedPath(name)).equals(shadow), `${name}: an acknowledged write is missing`).toBe(true);
      expect(readFileSync(pathOf(name)).equals(shadow), `${name}: the source was written after it moved`).toBe(true);
      const [there, here] = [await destinationApi.image(name), await sourceApi.image(name)];
      expect(there.owner).toMatchObject({ role: 'owner' });
      expect(here.owner).toMatchObject({ role: 'released', epoch: there.owner.epoch - 1 });
    }
    expect(view?.verified?.mismatches ?? 0).toBe(0);
    expect(view?.progress.percent ?? 100).toBe(100);
  });

  it('refuse an image of a name that has arrived before', async () => {
    const path = stage.path('again.raw');
    writeFileSync(path, Buffer.alloc(100_000, 1));
    const name = nameOf(1, 0);
    const other = await startSource({
      images: [{ name, path, kind: 'disk' }],
      listen: loopback,
      stateDir: stage.path('other-state'),
      peerTimeoutMs: 10_000,
      hooks: { timeoutMs: 10_000 },
      nbd: NO_NBD,
      logger,
    });
    const api = new ApiClient(other.apiUrl);
    try {
      const arrived = readFileSync(arrivedPath(name));
      const request = { images: [name], destination: `127.0.0.1:${destination.listenPort ?? 0}` };
      const view = await untilEnded(api, await api.startMigration(request));
      expect(view).toMatchObject({ state: 'failed', error: { code: 'E_OWNED_HERE' } });
      expect(readFileSync(arrivedPath(name)).equals(arrived)).toBe(true);
      expect((await api.image(name)).owner.role).toBe('owner');
    } finally {
      api.close();
      await other.close();
    }
  });
});
