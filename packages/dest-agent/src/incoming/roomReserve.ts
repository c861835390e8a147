import { type BigIntStats, constants, fstatSync, statfsSync } from 'node:fs';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Logger } from '@godwit/agent';
import { problemOf } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import { identityOf, ioError } from '@godwit/image';
import { allocate, lockExclusively } from '@godwit/native';
import type { ReserveFile } from '../lanes/takeRoom.js';
import { fileNameOf } from './fileNameOf.js';

const PREFIX = '.godwit-reserve-';
const NAME = /^\.godwit-reserve-[0-9a-f]{32}$/;
const FOLLOW_MS = 100;
/** A step of fallocate: a few extents, done in well under a millisecond. */
const STEP_BYTES = 1024 ** 3;
/** statfs(2): where to allocate is to fill memory with zeros, page by page. */
const IN_MEMORY = new Set([0x01021994, 0x858458f6]);

export interface ReserveOptions {
  /** Keeps room in memory, too; tests run there. */
  readonly inMemory?: boolean;
  readonly allocateRange?: typeof allocate;
}

/**
 * Room for what has yet to arrive of a migration, kept from others by a file of that size (fallocate(2)) in the same folder, which
 * gets smaller as the images grow. A lane that finds the disk full takes from it by itself (lanes/takeRoom.ts).
 *
 * None is kept where the file system cannot, or is memory: then room was looked for, and that is all.
 */
export class RoomReserve {
  readonly #path: string;
  readonly #dir: string;
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #options: Required<ReserveOptions>;
  #file: FileHandle | undefined;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** One thing after the other is done with the file; never rejects. */
  #turns: Promise<unknown> = Promise.resolve();

  constructor(dir: string, migration: string, logger: Pick<Logger, 'warn'>, options: ReserveOptions = {}) {
    this.#path = join(dir, `${PREFIX}${fileNameOf(migration)}`);
    this.#dir = dir;
    this.#logger = logger;
    const inMemory = process.env['GODWIT_RESERVE_IN_MEMORY'] === '1';
    this.#options = { inMemory, allocateRange: allocate, ...options };
  }

  /** Removes what agents that were killed left; for an agent's start. What another one holds stays. */
  static async removeAbandoned(dir: string, logger: Pick<Logger, 'warn'>): Promise<void> {
    for (const name of (await readdir(dir)).filter((found) => NAME.test(found))) {
      try {
        await removeAbandoned(join(dir, name));
      } catch (error) {
        logger.warn({ path: join(dir, name), reason: problemOf(error) }, 'room that an earlier life kept stays kept');
      }
    }
  }

  /** Kept, as of the last look. */
  get bytes(): number {
    return this.#bytes;
  }

  /** For lanes; undefined while nothing is kept. */
  get file(): ReserveFile | undefined {
    if (this.#file === undefined) return undefined;
    return { path: this.#path, identity: identityOf(fstatSync(this.#file.fd, { bigint: true })) };
  }

  /**
   * Keeps as much as `missing` says now, and no more than it says later. Once.
   *
   * @throws GodwitError E_DISK_FULL when it is not there
   */
  take(missing: () => number): Promise<void> {
    return this.#turn(async () => {
      try {
        const wanted = missing();
        faultPoint('dest.room.reserve');
        if (wanted > 0 && this.#mayAllocate()) await this.#allocate(wanted);
        faultPoint('dest.room.reserved');
      } catch (error) {
        await this.#giveBack();
        const problem = ioError(this.#path, 0, error);
        if (problem.code === 'E_DISK_FULL') throw problem;
        this.#warn('no room can be kept for what is to arrive', problem);
      }
      if (this.#bytes === 0) await this.#giveBack();
      else this.#timer = setInterval(() => void this.#turn(() => this.#follow(missing)), FOLLOW_MS).unref();
    });
  }

  /** Gives back what is left. Never rejects. */
  release(): Promise<void> {
    return this.#turn(() => this.#giveBack());
  }

  #turn(work: () => Promise<void>): Promise<void> {
    const done = this.#turns.then(work);
    this.#turns = done.catch(() => undefined);
    return done;
  }

  #mayAllocate(): boolean {
    return this.#options.inMemory || !IN_MEMORY.has(statfsSync(this.#dir).type);
  }

  async #allocate(wanted: number): Promise<void> {
    await rm(this.#path, { force: true });
    const file = await open(this.#path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
    this.#file = file;
    // So that no other agent's start takes it for abandoned.
    lockExclusively(file.fd);
    for (; this.#bytes < wanted; await turn()) {
      const step = Math.min(STEP_BYTES, wanted - this.#bytes);
      if (!this.#options.allocateRange(file.fd, this.#bytes, step)) return;
      this.#bytes += step;
    }
  }

  async #follow(missing: () => number): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    try {
      // Lanes may have taken more: it is never made longer.
      this.#bytes = Math.min(missing(), (await file.stat()).size);
      await file.truncate(this.#bytes);
    } catch (error) {
      await this.#giveBack();
      this.#warn('room that was kept is given back', error);
    }
  }

  async #giveBack(): Promise<void> {
    clearInterval(this.#timer);
    const file = this.#file;
    this.#file = undefined;
    this.#bytes = 0;
    if (file === undefined) return;
    try {
      await rm(this.#path, { force: true });
      await file.close();
    } catch (error) {
      this.#warn('room that was kept could not be given back', error);
    }
  }

  #warn(message: string, error: unknown): void {
    this.#logger.warn({ path: this.#path, reason: problemOf(error) }, message);
  }
}

async function removeAbandoned(path: string): Promise<void> {
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat: BigIntStats = await file.stat({ bigint: true });
    if (stat.isFile() && lockExclusively(file.fd) !== false) await rm(path);
  } finally {
    await file.close();
  }
}
