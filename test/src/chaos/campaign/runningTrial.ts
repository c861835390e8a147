import { Hold } from '../../harness/hold.js';
import { keepCopy, makeMixedImage } from '../../harness/imageFiles.js';
import { isTerminal } from '../../harness/migrationView.js';
import { DISK } from '../../harness/pair.js';
import type { Stage } from '../../harness/stage.js';
import { fileBytes } from '../../oracle/byteSource.js';
import { assertIntact } from '../../oracle/replay.js';
import type { WriterOracle } from '../../oracle/writerOracle.js';
import { type CourseParts, MortalPair } from './mortalPair.js';
import type { Side, Trial } from './trial.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 6 * MEBIBYTE + 4321;
/** Slow enough to be met in the first round. */
const BYTES_PER_SEC = 8 * MEBIBYTE;
const WRITER_BYTES_PER_SEC = 2 * MEBIBYTE;
const PATIENCE_MS = 60_000;
/** Acknowledged before the migration begins, and at its end by the owner. */
const WRITES = 20;

interface Parts {
  readonly trial: Trial;
  readonly pair: MortalPair;
  readonly course: CourseParts;
  readonly oracle: WriterOracle;
  readonly path: string;
  readonly initial: string;
}

/** A trial under way: two agents, a wire, four writers, and what is known of them. */
export class RunningTrial {
  readonly #parts: Parts;
  /** Why the owner is not known yet. */
  #doubt = '';

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async begin(stage: Stage, trial: Trial): Promise<RunningTrial> {
    const path = stage.path('disk.raw');
    makeMixedImage(path, SIZE_BYTES, trial.seed + trial.index);
    const initial = keepCopy(path, stage.path('initial'));
    const hold = new Hold(stage, 'source.switchover.after-seal');
    const source = await stage.plannedSource({ images: { [DISK]: path } });
    const destination = await stage.plannedDestination();
    const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0 });
    const oracle = stage.writers({
      seed: trial.seed + trial.index,
      url: source.api.imageUrl(DISK),
      sizeBytes: SIZE_BYTES,
      rateBytesPerSec: WRITER_BYTES_PER_SEC,
      zeroShare: 0.05,
      discardShare: 0.05,
    });
    const pair = new MortalPair(trial, source, destination, hold);
    const course = { proxy, hold, underWayBytes: SIZE_BYTES / 4 };
    const running = new RunningTrial({ trial, pair, course, oracle, path, initial });
    await pair.start();
    oracle.start();
    await pair.through('the first writes', oracle.acknowledged(WRITES));
    return running;
  }

  get kills(): number {
    return this.#parts.pair.kills;
  }
  get isReached(): boolean {
    return this.#parts.pair.isReached;
  }

  /** Starts the migration and does to it what its course says. */
  async migrate(): Promise<void> {
    const { pair, course } = this.#parts;
    const id = await pair.alive('the migration to be started', () => this.#startOrFind());
    await pair.takeCourse(id, course);
  }

  /** Restarts what is dead until nothing is on its way any more; who owns then. */
  async settled(): Promise<Side> {
    try {
      return await this.#parts.pair.alive('one owner, and nothing on its way', () => this.#owner());
    } catch (error) {
      throw new Error(this.#doubt, { cause: error });
    }
  }

  /** Writers go on, and the owner has every acknowledged write. */
  async expectIntact(owner: Side): Promise<void> {
    const { pair, oracle, path, initial } = this.#parts;
    await pair.through('writes to be taken by the owner', oracle.acknowledged(WRITES));
    await pair.through('the writers to end', oracle.stop());
    if (oracle.refusals.size > 0) throw new Error(`refused: ${JSON.stringify([...oracle.refusals])}`);
    const bytes = await fileBytes(owner === 'source' ? path : pair.agents.destination.daemon.imagePath(DISK));
    assertIntact(await oracle.verify(await fileBytes(initial), bytes));
    const now = await this.settled();
    if (now !== owner) throw new Error(`the ${owner} owned, and now the ${now}`);
  }

  /** The id of the migration; one that was started by a request whose answer was lost is found. */
  async #startOrFind(): Promise<string | undefined> {
    const { trial, pair, course } = this.#parts;
    const { api } = pair.agents.source.daemon;
    const request = {
      images: [DISK],
      destination: course.proxy.address,
      bandwidthLimit: BYTES_PER_SEC,
      downtimeLimitMs: 500,
      patienceMs: trial.course === 'impatient' ? 0 : PATIENCE_MS,
      verify: trial.verify,
    };
    try {
      const [known] = await api.migrations();
      return known?.id ?? (await api.startMigration(request));
    } catch {
      // Dead, or died of it.
      return undefined;
    }
  }

  /** Undefined while it is not known, or more is to come. */
  async #owner(): Promise<Side | undefined> {
    const { source, destination } = this.#parts.pair.agents;
    try {
      const [here, theirs, migrations] = await Promise.all([
        source.daemon.api.image(DISK),
        destination.daemon.api.images(),
        source.daemon.api.migrations(),
      ]);
      const there = theirs.find(({ name }) => name === DISK)?.owner.role;
      const states = migrations.map(({ state }) => state);
      this.#doubt = `source ${here.owner.role}, destination ${there}, ${states.join()}`;
      if (!states.every(isTerminal)) return undefined;
      if (here.owner.role === 'owner' && there !== 'owner') return 'source';
      return here.owner.role === 'released' && there === 'owner' ? 'destination' : undefined;
    } catch (error) {
      // One of them is dead, or dies while it is asked.
      this.#doubt = String(error);
      return undefined;
    }
  }
}
