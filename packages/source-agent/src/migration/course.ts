import type { SourceHandover } from '@godwit/agent';
import { formatAddress, holdForTest, type MigrationState } from '@godwit/agent';
import { faultPoint } from '@godwit/faults';
import type { Announcer } from './announcer.js';
import type { Attempt } from './attempt.js';
import { CollectPace } from './collectPace.js';
import type { Convergence } from './convergence.js';
import type { CutoverHold } from './cutoverHold.js';
import type { Deferral } from './deferral.js';
import { handOver } from './handover.js';
import type { MigrationMeter } from './meter.js';
import type { MigrationParts } from './migrationParts.js';
import { roundCycle } from './roundCycle.js';
import { sprint, writeBack } from './sprint.js';
import type { MigrationEvent } from './state.js';

/** What a record on disk costs is measured anew every so many rounds. */
const MEASURE_ROUNDS = 8;

/** What a course works on; all of it outlives the attempt. */
export interface CourseParts {
  readonly migration: MigrationParts;
  readonly meter: MigrationMeter;
  readonly announcer: Announcer;
  readonly convergence: Convergence;
  readonly hold: CutoverHold;
  readonly deferral: Deferral;
  readonly state: () => MigrationState;
  readonly apply: (event: MigrationEvent) => void;
  /** The workload runs again. */
  readonly thaw: () => void;
  readonly handover: SourceHandover;
  readonly untilShutdown: <T>(work: Promise<T>) => Promise<T>;
}

/** From what the maps say to TAKEN, over one link: rounds until the policy says switch, then the handover, as often as it takes. */
export class Course {
  readonly #parts: CourseParts;
  readonly #attempt: Attempt;
  readonly #pace = new CollectPace();
  #forced = false;

  constructor(parts: CourseParts, attempt: Attempt) {
    this.#parts = parts;
    this.#attempt = attempt;
  }

  /** Resolves when the destination has taken over. Rejects with what ends the attempt. */
  async run(): Promise<void> {
    for (let taken = false; !taken; ) {
      await this.#rounds();
      await this.#guard(holdForTest('source.active.before-switch'));
      taken = await this.#switch();
    }
  }

  #guard<T>(work: Promise<T>): Promise<T> {
    return this.#attempt.guard(work);
  }

  /** Rounds until the policy says switch, and the user too. */
  async #rounds(): Promise<void> {
    const { meter, announcer, convergence, deferral, migration, state } = this.#parts;
    const { passes, link } = this.#attempt;
    const guard = <T>(work: Promise<T>) => this.#guard(work);
    for (await this.#collect(); ; ) {
      const choice = deferral.choice(state() === 'pre-switchover');
      const cycle = { passes, link, meter, announcer, convergence, request: migration.request, choice, guard };
      const left = await roundCycle(cycle);
      // What is collected now was not dirty when the round ended, and is in no estimate of what it left.
      if (await this.#shouldSwitch((await this.#collect()) ? undefined : left)) return;
    }
  }

  /** True when the workload keeps what it writes to itself, and has handed it over now. */
  async #collect(): Promise<boolean> {
    const { workload } = this.#parts.migration;
    if (workload.collect === undefined) return false;
    this.#parts.meter.phase = 'collecting';
    await this.#guard(this.#pace.collect(async (signal) => workload.collect?.(signal), this.#attempt.signal));
    return true;
  }

  async #shouldSwitch(remainingBytes: number | undefined): Promise<boolean> {
    const { meter, convergence, hold, migration, state } = this.#parts;
    if (meter.roundsDone % MEASURE_ROUNDS === 1) await this.#guard(migration.ownership.measure());
    const decision = convergence.roundEnded(remainingBytes);
    // The operator has seen pre-switchover and said go: his word counts, whatever is dirty now.
    if (state() === 'pre-switchover') convergence.forgetRounds();
    if (state() === 'pre-switchover' && hold.isReleased) {
      this.#forced = true;
      return true;
    }
    if (decision.action === 'abort' && state() === 'active') throw convergence.noConvergence(decision.reason);
    if (decision.action !== 'switch') return false;
    if (!hold.isReleased) {
      await this.#holdBack();
      return false;
    }
    this.#forced = decision.forced !== undefined;
    return true;
  }

  /** pre-switchover: waits for the operator, or until another round is due. */
  async #holdBack(): Promise<void> {
    const { meter, convergence, hold, state, apply } = this.#parts;
    if (state() === 'active') apply({ type: 'hold' });
    meter.phase = 'waiting for cutover';
    convergence.forgetRounds();
    await hold.wait(
      () => meter.dirtyBytes() > 0,
      (work) => this.#guard(work),
    );
  }

  /** One attempt at the handover. False: too much was dirty after all, the workload runs again. */
  async #switch(): Promise<boolean> {
    const { migration, meter, convergence, announcer, apply } = this.#parts;
    const { id, images, ownership, peer, request, logger, workload } = migration;
    const { link, passes, signal } = this.#attempt;
    apply({ type: 'switch' });
    // What was collected is sent while the workload runs, and not while it stands still.
    const ahead = workload.collect === undefined ? [] : await this.#guard(sprint(passes, meter));
    // What was written meanwhile is sent in the pause in any case; it need not be collected there, too.
    await this.#guard(Promise.resolve(workload.collect?.(signal)));
    meter.phase = 'freezing';
    await this.#guard(workload.freeze(signal));
    faultPoint('source.switch.hook-ran');
    const sprinted = [...ahead, ...(await this.#guard(sprint(passes, meter)))];
    faultPoint('source.switch.sprinted');
    let writtenBack = Promise.resolve();
    const mayTakeLong = this.#forced || request.mode === 'cold';
    const taken = await handOver({
      id,
      images,
      link,
      passes,
      ownership,
      logger,
      verify: request.verify,
      meter,
      peer: formatAddress(peer),
      guard: (work) => this.#guard(work),
      announce: (record) => announcer.finalRound(record),
      untilShutdown: this.#parts.untilShutdown,
      patienceMs: mayTakeLong ? undefined : convergence.pauseLimitMs,
      peerTimeoutMs: peer.peerTimeoutMs,
      stillWorthIt: () => mayTakeLong || convergence.isStillWorthIt(),
      onFrozen: () => {
        writtenBack = writeBack(link.channel, sprinted.at(-1));
      },
      handover: this.#parts.handover,
      // For a link that was lost, or a cancel that came, in this very turn of the loop.
      assertGoingOn: () => signal.throwIfAborted(),
    });
    if (!taken) this.#parts.thaw();
    for (const record of sprinted) announcer.finalRound(record);
    if (taken) return true;
    await this.#guard(Promise.all([passes.ended(), writtenBack]));
    // Undone before it is done anew: two hooks of one workload never overlap.
    await this.#guard(workload.resumed({ always: false }));
    apply({ type: 'resume-rounds' });
    return false;
  }
}
