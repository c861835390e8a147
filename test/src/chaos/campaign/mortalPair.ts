import { ApiError } from '../../harness/apiClient.js';
import { until } from '../../harness/condition.js';
import type { Hold } from '../../harness/hold.js';
import { isTerminal, type MigrationView } from '../../harness/migrationView.js';
import type { RunningDaemon } from '../../harness/runningDaemon.js';
import type { TcpProxy } from '../../harness/tcpProxy.js';
import { MortalAgent } from './mortalAgent.js';
import type { Course, Side, Trial } from './trial.js';

/** What a course needs of the migration that it is taken with. */
export interface CourseParts {
  /** The wire between the two. */
  readonly proxy: TcpProxy;
  /** At `source.switchover.after-seal`. */
  readonly hold: Hold;
  /** This much of it has been transferred in the middle of the first round. */
  readonly underWayBytes: number;
}

/** The two agents of a trial: whatever is waited for, who dies of the fault meanwhile is started anew. */
export class MortalPair {
  readonly agents: Readonly<Record<Side, MortalAgent>>;
  readonly #trial: Trial;

  /** @param hold its variables are those of the source's first life where the course needs it */
  constructor(trial: Trial, source: RunningDaemon, destination: RunningDaemon, hold: Hold) {
    this.#trial = trial;
    const fault = (side: Side) => (trial.victim === side ? `${trial.point}=kill@${trial.passing}` : undefined);
    const firstLife = trial.course === 'sealed' ? hold.env : {};
    this.agents = {
      source: new MortalAgent(source, fault('source'), armedFrom(trial), firstLife),
      destination: new MortalAgent(destination, fault('destination'), armedFrom(trial)),
    };
  }

  get kills(): number {
    return this.agents.source.kills + this.agents.destination.kills;
  }
  get isReached(): boolean {
    return this.agents[this.#trial.victim].isReached;
  }

  async start(): Promise<void> {
    await Promise.all([this.agents.source.start(), this.agents.destination.start()]);
  }

  /** Does to the migration what the course says. */
  async takeCourse(id: string, { proxy, hold, underWayBytes }: CourseParts): Promise<void> {
    const { course, victim } = this.#trial;
    const { api } = this.agents.source.daemon;
    if (course === 'plain') return;
    if (course === 'sealed') {
      await this.#untilView(id, 'the seal', () => hold.isReached);
      await this.killByHand('source');
      return;
    }
    await this.#untilView(id, 'some of it to arrive', ({ progress }) => progress.transferred > underWayBytes);
    if (course === 'cut') proxy.cut();
    // Too late for it, or nobody there to hear it: one of the ends that are possible.
    else if (course === 'cancelled') await api.cancel(id).catch(() => undefined);
    else await this.killByHand(victim);
  }

  async killByHand(side: Side): Promise<void> {
    await this.agents[side].kill();
    await this.agents[side].start();
  }

  /** Waits for a promise that an agent's death may hold up. */
  async through(what: string, work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => undefined);
    await this.alive(what, () => isDone);
    await done;
  }

  /** As until, with whoever dies of the fault started anew. */
  alive<Value>(
    what: string,
    probe: () => Promise<Value | undefined | false> | Value | undefined | false,
  ): Promise<Value> {
    return until(what, async () => {
      await this.#revive();
      return probe();
    });
  }

  /** Until the migration is there, or has ended. */
  #untilView(id: string, what: string, isThere: (view: MigrationView) => boolean): Promise<unknown> {
    return this.alive(what, async () => {
      try {
        const view = await this.agents.source.daemon.api.migration(id);
        return isTerminal(view.state) || isThere(view);
      } catch (error) {
        // Forgotten with an agent that died before it began; of one that does not answer nothing is known.
        return error instanceof ApiError && error.status === 404;
      }
    });
  }

  async #revive(): Promise<void> {
    const { victim: side, killsOther, killsAgain } = this.#trial;
    const victim = this.agents[side];
    const other = this.agents[side === 'source' ? 'destination' : 'source'];
    if (victim.isDead) {
      if (killsOther) await other.kill();
      await Promise.all([victim.revive(), killsOther ? other.start() : undefined]);
      if (killsAgain) await this.killByHand(side);
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
