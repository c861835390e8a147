/** A real source that is to move an image to whoever answers, and what must be true of it whoever that is. */
import { strict as assert } from 'node:assert';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { isErrorCode } from '../../../packages/errors/dist/index.js';
import { isTerminal, type MigrationRequest, type MigrationView } from '../harness/migrationView.js';
import { SeededRandom } from '../oracle/seededRandom.js';
import { type AgentUnderTest, sourceUnderTest, type UnderTestOptions } from './agents.js';
import { HostileDestination, type Mischief } from './hostileDestination.js';

const IMAGE_BYTES = 5 * 64 * 1024 + 4000;
const SCATTER_BYTES = 4096;
const END_MS = 20_000;

export class SourceUnderAttack {
  readonly under: AgentUnderTest;
  #images = 0;
  #name = '';
  #bytes = Buffer.alloc(0);

  private constructor(under: AgentUnderTest) {
    this.under = under;
  }

  static async open(options: UnderTestOptions = {}): Promise<SourceUnderAttack> {
    return new SourceUnderAttack(await sourceUnderTest(options));
  }

  close(): Promise<void> {
    return this.under.close();
  }

  /** Moves the image, or tries to; resolves with how it ended, when all that must be true has been found so. */
  async move(
    mischief: Mischief,
    more: Partial<MigrationRequest> = {},
    outcome: 'aborted' | 'owner' = 'aborted',
  ): Promise<MigrationView> {
    if (this.#name === '') await this.newImage();
    const destination = new HostileDestination(mischief, outcome);
    const address = await destination.listen();
    try {
      const { api } = this.under;
      const request = { images: [this.#name], destination: address, lanes: 1, timeoutMs: 5000, ...more };
      const view = await this.#ended(await api.startMigration(request));
      await this.#assertInOrder(view, destination.wasCommitted);
      return view;
    } finally {
      await destination.close();
    }
  }

  /** What is moved from now on: of that size; `isScattered` of 4 KiB of data and as much of a hole in turn. */
  async newImage(sizeBytes: number = IMAGE_BYTES, isScattered = false): Promise<void> {
    const name = `disk${++this.#images}`;
    this.#bytes = Buffer.alloc(sizeBytes);
    new SeededRandom(this.#images).fill(this.#bytes);
    const path = this.under.place.path('images', name);
    const fd = openSync(path, 'wx');
    ftruncateSync(fd, sizeBytes);
    const step = isScattered ? SCATTER_BYTES : sizeBytes;
    for (let at = 0; at < sizeBytes; at += 2 * step) {
      this.#bytes.fill(0, Math.min(sizeBytes, at + step), Math.min(sizeBytes, at + 2 * step));
      writeSync(fd, this.#bytes, at, Math.min(step, sizeBytes - at), at);
    }
    closeSync(fd);
    await this.under.api.openImage(name, path, { blockSize: isScattered ? SCATTER_BYTES : 65_536 });
    this.#name = name;
  }

  async #ended(id: string): Promise<MigrationView> {
    const untilMs = performance.now() + END_MS;
    for (;;) {
      const view = await this.under.api.migration(id);
      if (isTerminal(view.state)) return view;
      assert(performance.now() < untilMs, `it is still ${view.state}: ${JSON.stringify(view.error)}`);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  }

  /** It owns, has its bytes and takes writes; or it has let go of what it was told, after COMMIT, that another has. */
  async #assertInOrder(view: MigrationView, wasCommitted: boolean): Promise<void> {
    const { api, place } = this.under;
    place.assertInOrder();
    const code = view.error?.code;
    if (code !== undefined) assert(isErrorCode(code) && code !== 'E_INTERNAL', JSON.stringify(view.error));
    if (view.state === 'completed') {
      assert(wasCommitted, 'it let go without a COMMIT');
      await api.closeImage(this.#name);
      this.#name = '';
      return;
    }
    const offset = this.#images;
    const bytes = Buffer.from([view.rounds.length + 1, 2, 3]);
    await api.write(this.#name, offset, bytes);
    this.#bytes.set(bytes, offset);
    const found = await api.read(this.#name, 0, this.#bytes.length);
    assert(found.equals(this.#bytes), 'its bytes have changed');
  }
}
