import { openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { Worker } from 'node:worker_threads';
import { problemOf } from '@godwit/errors';
import { sendWhole } from './device.js';
import type { FromLoop, LoopStart } from './messages.js';
import { mountFile } from './mount.js';
import {
  DATA_BYTES,
  OUT_HEADER_BYTES,
  PAGE_BYTES,
  putHeader,
  putStoreHead,
  STORE_HEAD_BYTES,
  WRITE_DATA_OFFSET,
  writeReply,
} from './protocol.js';
import { Slots } from './slots.js';

export interface FuseFileOptions {
  /** A regular file, over which the other is mounted. */
  readonly mountPoint: string;
  /** What is read is read from here. */
  readonly imagePath: string;
  readonly size: number;
  /** Resolves when the image has the bytes, which are lent until then. What it rejects with, writers and fsync get as EIO. */
  readonly write: (offset: number, bytes: Buffer) => Promise<void>;
  /** Resolves when what was written before it is durable. */
  readonly flush: () => Promise<void>;
  readonly onTrouble: (problem: string) => void;
}

/**
 * A regular file, mounted by FUSE, whose pages the kernel caches as it does those of any file: processes map it, and what they change is
 * written when the kernel writes it back, or somebody fsyncs. This process must not open it.
 */
export class FuseFile {
  /** Resolves when it is not mounted any more. */
  readonly ended: Promise<void>;
  readonly #fd: number;
  readonly #options: FuseFileOptions;
  readonly #slots: Slots;
  readonly #image: number;
  readonly #out = Buffer.alloc(OUT_HEADER_BYTES + 8);
  readonly #store = Buffer.alloc(STORE_HEAD_BYTES + DATA_BYTES);

  private constructor(fd: number, options: FuseFileOptions) {
    this.#fd = fd;
    this.#options = options;
    this.#slots = Slots.create();
    this.#image = openSync(options.imagePath, 'r');
    const { imagePath, size } = options;
    const workerData: LoopStart = { fd, imagePath, size, slots: this.#slots.buffer };
    const loop = new Worker(new URL('./requestLoop.js', import.meta.url), { workerData });
    this.ended = new Promise((resolve, reject) => {
      loop.on('message', (message: FromLoop) => {
        if (message.type === 'ended') resolve();
        else this.#take(message);
      });
      loop.on('error', reject);
    });
  }

  /** @throws Error that says why it cannot be mounted */
  static async mount(options: FuseFileOptions): Promise<FuseFile> {
    return new FuseFile(await mountFile(options.mountPoint), options);
  }

  /**
   * Puts what the image holds of a range into the kernel's page cache, in place of what it held, so that who touches it waits for
   * nothing, and sees nothing older (FUSE_NOTIFY_STORE). For a range that nobody writes to meanwhile.
   *
   * @throws Error; then the cache may hold something older
   */
  store(offset: number, length: number): void {
    if (offset % PAGE_BYTES !== 0) throw new RangeError(`no page begins at ${offset}`);
    const end = Math.min(offset + length, this.#options.size);
    for (let at = offset; at < end; at += DATA_BYTES) {
      const bytes = Math.min(DATA_BYTES, end - at);
      // A page is stored whole, or it is not taken for current.
      const got = readSync(this.#image, this.#store, STORE_HEAD_BYTES, bytes, at);
      this.#store.fill(0, STORE_HEAD_BYTES + got, STORE_HEAD_BYTES + bytes);
      if (!sendWhole(this.#fd, this.#store, putStoreHead(this.#store, at, bytes))) {
        throw new Error(`${bytes} bytes at ${at} could not be put into the page cache`);
      }
    }
  }

  #take(message: FromLoop): void {
    if (message.type === 'write') void this.#write(message);
    else if (message.type === 'flush') void this.#flush(message.unique);
    else if (message.type === 'trouble') this.#options.onTrouble(message.problem);
  }

  async #write({ unique, slot, offset, length }: Extract<FromLoop, { type: 'write' }>): Promise<void> {
    try {
      const bytes = this.#slots.bytesOf(slot).subarray(WRITE_DATA_OFFSET, WRITE_DATA_OFFSET + length);
      await this.#options.write(offset, bytes);
      this.#reply(unique, writeReply(length));
    } catch (error) {
      this.#refuse(unique, `writing ${length} bytes at ${offset}`, error);
    } finally {
      this.#slots.release(slot);
    }
  }

  async #flush(unique: bigint): Promise<void> {
    try {
      await this.#options.flush();
      this.#reply(unique, Buffer.alloc(0));
    } catch (error) {
      this.#refuse(unique, 'flushing', error);
    }
  }

  #reply(unique: bigint, body: Buffer): void {
    body.copy(this.#out, OUT_HEADER_BYTES);
    sendWhole(this.#fd, this.#out, putHeader(this.#out, unique, body.length));
  }

  #refuse(unique: bigint, what: string, error: unknown): void {
    sendWhole(this.#fd, this.#out, putHeader(this.#out, unique, 0, constants.errno.EIO));
    this.#options.onTrouble(`${what}: ${problemOf(error)}`);
  }
}
