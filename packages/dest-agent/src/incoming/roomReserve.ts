import { constants, statfsSync } from 'node:fs';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Logger } from '@godwit/agent';
import { type GodwitError, problemOf } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import { ioError } from '@godwit/image';
import { allocate } from '@godwit/native';
import { fileNameOf } from './fileNameOf.js';

const PREFIX = '.godwit-reserve-';
const FOLLOW_MS = 100;
/** A step of fallocate: a few extents, done in well under a millisecond. */
const STEP_BYTES = 1024 ** 3;
/** statfs(2): where to allocate is to fill memory with zeros, page by page. */
const IN_MEMORY = new Set([0x01021994, 0x858458f6]);

/**
 * Room for what has yet to arrive of a migration, kept from others by a file of that size (fallocate(2)) in the same folder, which
 * gets smaller as the images grow. A lane that finds the disk full takes from it by itself (lanes/takeRoom.ts).
 *
 * None is kept where the file system cannot, or is memory: then room was looked for, and that is all.
 */
export class RoomReserve {
  readonly path: string;
  readonly #dir: string;
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #allocateRange: typeof allocate;
  #file: FileHandle | undefined;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Calls on the file that are under way; never rejects. */
  #busy: Promise<void> = Promise.resolve();

  constructor(dir: string, migration: string, logger: Pick<Logger, 'warn'>, allocateRange = allocate) {
    this.path = join(dir, `${PREFIX}${fileNameOf(migration)}`);
    this.#dir = dir;
    this.#logger = logger;
    this.#allocateRange = allocateRange;
  }

  /** Removes what an agent that was killed left; for its start. */
  static async removeAll(dir: string): Promise<void> {
    for (const name of await readdir(dir)) if (name.startsWith(PREFIX)) await rm(join(dir, name));
  }

  /** Kept now; what lanes have taken meanwhile is noticed at the next look. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Keeps as much as `missing` says now, and no more than it says later.
   *
   * @throws GodwitError E_DISK_FULL when it is not there
   */
  async take(missing: () => number): Promise<void> {
    await this.release();
    const problem = await this.#allocate(missing());
    faultPoint('dest.room.reserved');
    if (problem === undefined) {
      // It may have been given back meanwhile, by the end of the agent.
      if (this.#file === undefined) return;
      this.#timer = setInterval(() => this.#follow(missing()), FOLLOW_MS).unref();
      return;
    }
    await this.release();
    if (problem.code === 'E_DISK_FULL') throw problem;
    this.#logger.warn({ path: this.path, reason: problem.message }, 'no room can be kept for what is to arrive');
  }

  /** Gives back what is left. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#busy;
    const file = this.#file;
    this.#file = undefined;
    this.#bytes = 0;
    if (file === undefined) return;
    try {
      await file.close();
      await rm(this.path, { force: true });
    } catch (error) {
      this.#logger.warn({ path: this.path, reason: problemOf(error) }, 'room that was kept could not be given back');
    }
  }

  async #allocate(wanted: number): Promise<GodwitError | undefined> {
    try {
      faultPoint('dest.room.reserve');
      if (wanted === 0 || IN_MEMORY.has(statfsSync(this.#dir).type)) return undefined;
      await rm(this.path, { force: true });
      const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW;
      const file = await open(this.path, flags, 0o600);
      this.#file = file;
      for (; this.#file === file && this.#bytes < wanted; await turn()) {
        const step = Math.min(STEP_BYTES, wanted - this.#bytes);
        if (!this.#allocateRange(file.fd, this.#bytes, step)) break;
        this.#bytes += step;
      }
      return undefined;
    } catch (error) {
      return ioError(this.path, this.#bytes, error);
    }
  }

  #follow(missing: number): void {
    const file = this.#file;
    if (file === undefined || missing >= this.#bytes) return;
    this.#bytes = missing;
    this.#busy = this.#busy
      .then(async () => {
        // Lanes may have taken more: it is never made longer.
        if ((await file.stat()).size > missing) await file.truncate(missing);
      })
      .catch((error: unknown) => {
        this.#logger.warn({ path: this.path, reason: problemOf(error) }, 'room that was kept could not be given back');
      });
  }
}
