import { until } from '../../harness/condition.js';
import { Hold } from '../../harness/hold.js';
import { keepCopy, makeMixedImage } from '../../harness/imageFiles.js';
import { isTerminal } from '../../harness/migrationView.js';
import { DISK } from '../../harness/pair.js';
import type { Stage } from '../../harness/stage.js';
import type { TcpProxy } from '../../harness/tcpProxy.js';
import { fileBytes } from '../../oracle/byteSource.js';
import { assertIntact } from '../../oracle/replay.js';
import type { WriterOracle } from '../../oracle/writerOracle.js';
import { MortalAgent } from './mortalAgent.js';
import type { Course, Side, Trial } from './trial.js';

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
  readonly agents: Readonly<Record<Side, MortalAgent>>;
  readonly proxy: TcpProxy;
  readonly oracle: WriterOracle;
  readonly path: string;
  readonly initial: string;
  readonly hold: Hold;
}

/** A trial under way: two agents, a wire, four writers, and what is known of them. Whatever is waited for, an agent may die meanwhile. */
export class RunningTrial {
  readonly #parts: Parts;
  #id: string | undefined;
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
    const fault = (side: Side) => (trial.victim === side ? `${trial.point}=kill@${trial.passing}` : undefined);
    const agents = {
      source: new MortalAgent(source, fault('source'), armedFrom(trial), trial.course === 'sealed' ? hold.env : {}),
      destination: new MortalAgent(destination, fault('destination'), armedFrom(trial)),
    };
    const running = new RunningTrial({ trial, agents, proxy, oracle, path, initial, hold });
    await Promise.all([agents.source.start(), agents.destination.start()]);
    oracle.start();
    await running.#through('the first writes', oracle.acknowledged(WRITES));
    return running;
  }

  get kills(): number {
    const { source, destination } = this.#parts.agents;
    return source.kills + destination.kills;
  }
  get isReached(): boolean {
    return this.#parts.agents[this.#parts.trial.victim].isReached;
  }

  /** Starts the migration and does to it what its course says. */
  async migrate(): Promise<void> {
    const { trial, agents, proxy } = this.#parts;
    this.#id = await this.#alive('the migration to be started', () => this.#startOrFind());
    switch (trial.course) {
      case 'plain':
        return;
      case 'sealed':
        await this.#untilHeld();
        await this.#killByHand('source');
        return;
      case 'cut':
        await this.#underWay();
        proxy.cut();
        return;
      case 'cancelled':
        await this.#underWay();
        // Too late for it, or nobody there to hear it: one of the ends that are possible.
        await agents.source.daemon.api.cancel(this.#id).catch(() => undefined);
        return;
      case 'revived':
      case 'impatient':
        await this.#underWay();
        await this.#killByHand(trial.victim);
    }
  }

  /** Restarts what is dead until nothing is on its way any more; who owns then. */
  async settled(): Promise<Side> {
    try {
      return await this.#alive('one owner, and nothing on its way', () => this.#owner());
    } catch (error) {
      throw new Error(this.#doubt, { cause: error });
    }
  }

  /** Writers go on, and the owner has every acknowledged write. */
  async expectIntact(owner: Side): Promise<void> {
    const { agents, oracle, path, initial } = this.#parts;
    await this.#through('writes to be taken by the owner', oracle.acknowledged(WRITES));
    await this.#through('the writers to end', oracle.stop());
    if (oracle.refusals.size > 0) throw new Error(`refused: ${JSON.stringify([...oracle.refusals])}`);
    const bytes = await fileBytes(owner === 'source' ? path : agents.destination.daemon.imagePath(DISK));
    assertIntact(await oracle.verify(await fileBytes(initial), bytes));
    const now = await this.settled();
    if (now !== owner) throw new Error(`the ${owner} owned, and now the ${now}`);
  }

  /** The id of the migration; one that was started by a request whose answer was lost is found. */
  async #startOrFind(): Promise<string | undefined> {
    const { trial, agents, proxy } = this.#parts;
    const { api } = agents.source.daemon;
    const request = {
      images: [DISK],
      destination: proxy.address,
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
    const { source, destination } = this.#parts.agents;
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

  #underWay(): Promise<unknown> {
    return this.#alive('a quarter of the image to arrive', async () => {
      const view = await this.#view();
      return view !== undefined && (isTerminal(view.state) || view.progress.transferred > SIZE_BYTES / 4);
    });
  }

  #untilHeld(): Promise<unknown> {
    return this.#alive('the seal', async () => {
      const view = await this.#view();
      return this.#parts.hold.isReached || (view !== undefined && isTerminal(view.state));
    });
  }

  /** Undefined when the source does not answer. */
  async #view() {
    return this.#parts.agents.source.daemon.api.migration(this.#id ?? '').catch(() => undefined);
  }

  async #killByHand(side: Side): Promise<void> {
    const agent = this.#parts.agents[side];
    await agent.kill();
    await agent.start();
  }

  /** Waits for a promise that an agent's death may hold up. */
  async #through(what: string, work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = work.then(() => {
      isDone = true;
    });
    done.catch(() => undefined);
    await this.#alive(what, () => isDone);
    await done;
  }

  /** As until, with whoever dies of the fault started anew. */
  #alive<Value>(
    what: string,
    probe: () => Promise<Value | undefined | false> | Value | undefined | false,
  ): Promise<Value> {
    return until(what, async () => {
      await this.#revive();
      return probe();
    });
  }

  async #revive(): Promise<void> {
    const { trial, agents } = this.#parts;
    const victim = agents[trial.victim];
    const other = agents[trial.victim === 'source' ? 'destination' : 'source'];
    if (victim.isDead) {
      if (trial.killsOther) await other.kill();
      await Promise.all([victim.revive(), trial.killsOther ? other.start() : undefined]);
      if (trial.killsAgain) await this.#killByHand(trial.victim);
    }
    if (other.isDead) throw new Error(`the ${other.daemon.plan.role} agent ended by itself`);
  }
}

/** In which of its lives the victim comes to the point. */
function armedFrom({ course, victim }: Pick<Trial, 'course' | 'victim'>): number {
  const wasKilled: readonly Course[] =
    victim === 'source' ? ['revived', 'impatient', 'sealed'] : ['revived', 'impatient'];
  return wasKilled.includes(course) ? 2 : 1;
}
