import { existsSync } from 'node:fs';
import { type GuestStatus, guestStatus, readRecords } from '@godwit/guest';
import { expect } from 'vitest';
import { MortalPair } from '../../chaos/campaign/mortalPair.js';
import type { TrialEnd } from '../../chaos/campaign/runTrial.js';
import type { Side, Trial } from '../../chaos/campaign/trial.js';
import { ApiError } from '../../harness/apiClient.js';
import { Hold } from '../../harness/hold.js';
import { isTerminal } from '../../harness/migrationView.js';
import type { Stage } from '../../harness/stage.js';
import type { Skippable } from '../../harness/tools.js';
import { expectGoesOn, stateDirOf, untilAtWork } from './judging.js';
import type { VmView } from './vmApi.js';
import { machineProcesses, VM, type VmHost, VmScene } from './vmScene.js';

const MEBIBYTE = 1024 * 1024;
/** Slow enough for its first round to be met; most of its memory is zero. */
const BYTES_PER_SEC = 48 * MEBIBYTE;
const UNDER_WAY_BYTES = 16 * MEBIBYTE;
const PATIENCE_MS = 60_000;
const PATIENCE = { patienceMs: PATIENCE_MS };
const DISK = `${VM}-disk0`;

/** A guest that is moved to and fro while agents are killed: each trial begins where the last one left it. */
export class MortalGuest {
  readonly #stage: Stage;
  readonly #scene: VmScene;
  /** Where it runs, or why that is not known yet, and how its move ended. */
  #course = '';
  #here: VmHost;
  #there: VmHost;

  private constructor(stage: Stage, scene: VmScene) {
    this.#stage = stage;
    this.#scene = scene;
    this.#here = scene.source;
    this.#there = scene.destination;
  }

  static async booted(context: Skippable, stage: Stage): Promise<MortalGuest> {
    const scene = await VmScene.booted(context, stage);
    await untilAtWork(scene);
    return new MortalGuest(stage, scene);
  }

  /** Where it runs, or why that is not known, and how its last move ended. */
  get course(): string {
    return this.#course;
  }

  /**
   * A move of it, a kill at a named point, restarts until it is settled. Throws unless it then runs in one place, as the one
   * that it was: no tick, no page and no record is lost.
   */
  async endure(trial: Trial): Promise<TrialEnd> {
    const [here, there] = [this.#here, this.#there];
    const before = await guestStatus(here.commandPort);
    expect(before).toMatchObject({ oracle: 'ok', disk: 'ok' });
    const hold = new Hold(this.#stage, 'source.switchover.after-seal', `-${trial.index}`);
    const proxy = await this.#stage.proxy({ targetPort: there.agent.plan.port ?? 0 });
    await Promise.all([here.agent.kill(), there.agent.kill()]);
    const pair = new MortalPair(trial, here.agent, there.agent, hold);
    await pair.start();
    await pair.alive('it to run with its agent back', async () => isRunning(await viewAt(here)));
    // Killed by what a guest writes at rest, and started anew without the fault: the move is one without a kill.
    const isEarly = pair.isReached;
    const id = await pair.alive('the move to be started', () => this.#startOrFind(trial, proxy.address));
    await pair.takeCourse(id, { proxy, hold, underWayBytes: UNDER_WAY_BYTES });
    const owner = await this.#settled(pair);
    if (owner === 'destination') [this.#here, this.#there] = [there, here];
    await this.#expectIntact(pair, before);
    const still = await this.#settled(pair);
    if (still !== 'source') throw new Error(`it ran at the ${owner}, and now elsewhere: ${this.#course}`);
    return { isReached: pair.isReached && !isEarly, kills: pair.kills, owner };
  }

  async #expectIntact(pair: MortalPair, before: GuestStatus): Promise<void> {
    const host = this.#here;
    const { console } = this.#scene;
    // It looks at all of its pages before it says a line.
    for (let looks = 0; looks < 2; looks++) {
      const last = console.oracle;
      await pair.through(
        'it to look at its memory',
        console.until('a look', (log) => log.oracle !== last, PATIENCE),
      );
    }
    await pair.through('the guest to go on', expectGoesOn(this.#scene, host, before));
    await pair.alive('its agent to be alive behind it', async () => isRunning(await viewAt(host)));
  }

  /** Behind the last trial: pulls its plug, and reads what it has written to its disk. */
  async expectRecords(): Promise<void> {
    const { vms, agent } = this.#here;
    const { diskSeq } = this.#scene.console;
    const isFirst = !existsSync(agent.imagePath(DISK));
    await vms.stop(VM);
    const image = isFirst ? this.#scene.diskPath : agent.imagePath(DISK);
    const records = await readRecords(image, await this.#stage.folder('read'));
    expect(records.findings).toEqual([]);
    expect(records.lastSeq).toBeGreaterThanOrEqual(diskSeq);
  }

  /** The id of the migration; one that was started by a request whose answer was lost is found. */
  async #startOrFind({ course, verify }: Trial, destination: string): Promise<string | undefined> {
    const { agent, vms } = this.#here;
    try {
      const [known] = await agent.api.migrations();
      const patienceMs = course === 'impatient' ? 0 : PATIENCE_MS;
      const move = this.#scene.moveTo(this.#there, { destination, patienceMs, verify, bandwidthLimit: BYTES_PER_SEC });
      return known?.id ?? (await vms.migrate(VM, move));
    } catch (error) {
      // One of them is dead, or died of it; whatever else it is shows when nothing comes of it.
      this.#course = String(error);
      return undefined;
    }
  }

  /** Restarts what is dead until nothing is on its way any more; where the guest runs then. */
  async #settled(pair: MortalPair): Promise<Side> {
    try {
      return await pair.alive('the guest to run in one place, and nothing on its way', () => this.#whereItRuns());
    } catch (error) {
      throw new Error(`${String(error)}: ${this.#course}`, { cause: error });
    }
  }

  async #whereItRuns(): Promise<Side | undefined> {
    try {
      const moves = await this.#here.agent.api.migrations();
      const [here, there] = await Promise.all([viewAt(this.#here), viewAt(this.#there)]);
      const ends = moves.map(({ state, error }) => (error === undefined ? state : `${state}: ${error.code}`));
      this.#course = `${wordsOf(here)} here, ${wordsOf(there)} there, ${ends.join()}`;
      if (!moves.every(({ state }) => isTerminal(state))) return undefined;
      // What was PREPARED there may stand there still (LIMITS.md); it is not owned.
      if (isRunning(here) && there?.phase !== 'running') return 'source';
      const isGone = here?.phase === 'left' && machineProcesses(stateDirOf(this.#here)).length === 0;
      return isGone && isRunning(there) ? 'destination' : undefined;
    } catch (error) {
      // One of them is dead, or dies while it is asked.
      this.#course = String(error);
      return undefined;
    }
  }
}

/** Undefined: it is not known there. */
async function viewAt({ vms }: VmHost): Promise<VmView | undefined> {
  try {
    return await vms.view(VM);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

function isRunning(view: VmView | undefined): boolean {
  return view?.phase === 'running' && view.runState === 'running';
}

function wordsOf(view: VmView | undefined): string {
  return view === undefined ? 'not known' : `${view.phase} (${view.runState ?? 'no QEMU'})`;
}
