import { type ImageMaps, type RawFile, Turns } from '@godwit/image';

/** Of the file, one byte here: what the page cache holds is asked by so much at least. */
const STRETCH_BYTES = 8 * 1024 ** 2;
/** And by so much at most: the kernel walks what it holds of it, milliseconds a GiB. */
const QUESTION_BYTES = 1024 ** 3;
/** Steps of a turn (100 ns each): a question, and a MiB that is cached; to drop a stretch waits for all processors, and may begin write-back. */
const QUESTION_STEPS = 20;
const CACHED_MEBIBYTE_STEPS = 40;
const DROP_STEPS = 2000;
const PROBE_BYTES = 1;

type DirtyMaps = Pick<ImageMaps, 'dirty' | 'blocks' | 'blockBytes'>;

/**
 * The stretches of a file of which nothing was in the page cache when a migration began, in shared memory. What is
 * there later came by the migration itself, unless the workload writes to it; so the migration may drop it again. What was
 * there before is the workload's, and is left alone. Where that cannot be asked nothing counts as cold.
 */
export class ColdStretches {
  readonly buffer: SharedArrayBuffer;
  readonly #cold: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#cold = new Uint8Array(buffer);
  }

  /** Of a file of `size` bytes; nothing is cold yet. */
  static of(size: number): ColdStretches {
    return new ColdStretches(new SharedArrayBuffer(Math.ceil(size / STRETCH_BYTES)));
  }

  /** True when none of the stretch around `offset` was cached. */
  has(offset: number): boolean {
    return this.#cold[Math.floor(offset / STRETCH_BYTES)] === 1;
  }

  /** Asks for each stretch, with turns of the event loop between. */
  async survey(file: Pick<RawFile, 'size' | 'cachedBytes' | 'readSync'>): Promise<void> {
    const turns = new Turns();
    for (let offset = 0; offset < file.size; offset += QUESTION_BYTES) {
      if (!(await this.#surveyRange(file, offset, Math.min(file.size, offset + QUESTION_BYTES), turns))) return;
    }
    // What was just read is cached, or the answers are about another file's pages (overlayfs).
    if (file.size > 0) file.readSync(Buffer.alloc(PROBE_BYTES), 0);
    if ((file.cachedBytes(0, PROBE_BYTES) ?? 0) === 0) this.#cold.fill(0);
  }

  /**
   * Drops what is cached of them, with turns of the event loop between: what was read ahead for one lane came in behind
   * another that had dropped it already.
   */
  async drop(file: Pick<RawFile, 'dropCached' | 'nextData'>, maps: DirtyMaps): Promise<void> {
    const turns = new Turns();
    for (let stretch = this.#cold.indexOf(1); stretch !== -1; stretch = this.#cold.indexOf(1, stretch)) {
      const offset = stretch * STRETCH_BYTES;
      // Nobody reads holes; a huge one is thousands of stretches.
      const withData = Math.floor(file.nextData(offset) / STRETCH_BYTES);
      turns.spend(QUESTION_STEPS);
      if (withData > stretch) stretch = withData;
      else {
        if (this.isOurs(offset, maps)) file.dropCached(offset, STRETCH_BYTES);
        turns.spend(DROP_STEPS);
        stretch += 1;
      }
      if (turns.isOver) await turns.next();
    }
  }

  /** True when nothing of the stretch around `offset` was cached, and nothing of it is dirty: what the workload wrote is the workload's. */
  isOurs(offset: number, { dirty, blocks, blockBytes }: DirtyMaps): boolean {
    if (!this.has(offset)) return false;
    const begin = Math.floor(offset / STRETCH_BYTES) * STRETCH_BYTES;
    const end = Math.min(blocks, Math.ceil((begin + STRETCH_BYTES) / blockBytes));
    return dirty.nextRun(Math.floor(begin / blockBytes), end) === undefined;
  }

  /** Halves the range until a part of it is cold, one stretch, or so full that none of its stretches can be cold. False: it cannot be asked. */
  async #surveyRange(file: Pick<RawFile, 'cachedBytes'>, offset: number, end: number, turns: Turns): Promise<boolean> {
    if (turns.isOver) await turns.next();
    const cached = file.cachedBytes(offset, end - offset);
    if (cached === undefined) return false;
    turns.spend(QUESTION_STEPS + Math.ceil((cached / 1024 ** 2) * CACHED_MEBIBYTE_STEPS));
    const [first, count] = [offset / STRETCH_BYTES, Math.ceil((end - offset) / STRETCH_BYTES)];
    if (cached === 0) this.#cold.fill(1, first, first + count);
    const leastBytes = end - offset - (count - 1) * STRETCH_BYTES;
    if (cached === 0 || count === 1 || cached > end - offset - leastBytes) return true;
    const middle = offset + Math.ceil(count / 2) * STRETCH_BYTES;
    if (!(await this.#surveyRange(file, offset, middle, turns))) return false;
    return this.#surveyRange(file, middle, end, turns);
  }
}
