import { setTimeout as wait } from 'node:timers/promises';
import {
  type EventLog,
  type ForcedOwner,
  type MigrationState,
  type MigrationView,
  SOURCE_OWNS,
  type SourceHandover,
  sourceAfterRestart,
  sourceHandover,
  TERMINAL_STATES,
} from '@godwit/agent';
import { GodwitError, toGodwitError } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import type { LaneTotals } from '../lanes/laneCounters.js';
import { Announcer } from './announcer.js';
import { Attempt } from './attempt.js';
import { Convergence } from './convergence.js';
import { Course } from './course.js';
import { CutoverHold } from './cutoverHold.js';
import { Deferral } from './deferral.js';
import { bidFarewell } from './farewell.js';
import { refuseWrites, thawKept } from './gates.js';
import { guarded } from './guard.js';
import { MigrationMeter } from './meter.js';
import type { MigrationParts } from './migrationParts.js';
import { OperatorWord } from './operatorWord.js';
import { DamagedLinks, mayReturn, retry } from './returning.js';
import { giveUpAtPeer, settleUnknown } from './settleOutcome.js';
import { Standing } from './standing.js';
import { type MigrationEvent, nextState } from './state.js';
import { sourceView } from './view.js';

/** How long a call waits for the answer that it asked for. */
const RESOLVE_MS = 3000;
/** Progress events and frames at most this often. */
const PROGRESS_MS = 400;

/**
 * One migration at the source, from setup to its end, over as many links as it takes (Attempt). Borrows the images. `run`
 * never rejects: how it ended stands in `view`.
 */
export class SourceMigration {
  readonly #parts: MigrationParts;
  readonly #meter: MigrationMeter;
  readonly #announcer: Announcer;
  readonly #convergence: Convergence;
  readonly #hold: CutoverHold;
  readonly #deferral: Deferral;
  readonly #standing: Standing;
  readonly #startedAt: Date;
  /** Ends the migration before the seal; its reason is the error. */
  readonly #stop = new AbortController();
  /** Ends even the asking after the seal: the agent is shutting down. */
  readonly #shutdown = new AbortController();
  #state: MigrationState = 'setup';
  #error: GodwitError | undefined;
  #endedAt: Date | undefined;
  readonly #handover: SourceHandover;
  #attempt: Attempt | undefined;
  readonly #word = new OperatorWord();
  readonly #damaged = new DamagedLinks();
  #tellEnded: () => void = () => undefined;
  readonly #ended = new Promise<void>((resolve) => {
    this.#tellEnded = resolve;
  });

  constructor(parts: MigrationParts) {
    const { id, request, images, ownership, logger, resumed } = parts;
    this.#parts = parts;
    const maps = images.map((image) => image.maps);
    this.#meter = new MigrationMeter(maps, request.verify, request.scrubLimit);
    this.#announcer = new Announcer(id, logger, this.#meter);
    this.#convergence = new Convergence(request, this.#meter, () => ({
      rttMs: this.#attempt?.link.channel.rttMs ?? 1,
      persistMs: ownership.persistMs,
    }));
    this.#hold = new CutoverHold(request.cutover === 'auto');
    this.#deferral = new Deferral(maps, this.#meter, () => this.#convergence.pauseBudgetBytes());
    this.#standing = new Standing(parts);
    this.#startedAt = resumed?.startedAt ?? new Date();
    this.#handover = sourceHandover(sourceAfterRestart(parts.recoveryOf === undefined ? 'owner' : 'sealed', true));
    if (resumed !== undefined) this.#state = 'paused';
    if (parts.recoveryOf !== undefined) this.#state = 'outcome-unknown';
  }

  get id(): string {
    return this.#parts.id;
  }
  get events(): EventLog {
    return this.#announcer.events;
  }
  get isOver(): boolean {
    return TERMINAL_STATES.includes(this.#state);
  }
  /** Only the destination's word counts from here on. */
  get #isSealed(): boolean {
    return !SOURCE_OWNS.includes(this.#handover.phase);
  }
  get state(): MigrationState {
    return this.#state;
  }
  get names(): string[] {
    return this.#parts.images.map((image) => image.name);
  }
  /** What lanes counted so far, for metrics. */
  get totals(): Readonly<LaneTotals> {
    return this.#meter.totals;
  }

  view(): MigrationView {
    return sourceView(this.#parts, this.#meter, {
      state: this.#state,
      error: this.#error,
      startedAt: this.#startedAt,
      endedAt: this.#endedAt,
      onFreezeMs: this.#parts.workload.freezeMs,
    });
  }

  /** Runs to the end, whatever it is. */
  async run(): Promise<void> {
    const timer = setInterval(() => this.#announcer.progress(), PROGRESS_MS);
    this.#announcer.state(this.#state, undefined);
    try {
      if (this.#isSealed) throw new GodwitError('E_PEER_LOST', { silentMs: 0 }, { detail: 'the agent was restarted' });
      await this.#migrate();
      await this.#complete();
    } catch (error) {
      await (this.#isSealed ? this.#settleUnknown(toGodwitError(error)) : this.#endEarly(toGodwitError(error)));
    } finally {
      clearInterval(timer);
      this.#announcer.progress();
      this.#announcer.end();
      this.#parts.workload.ended?.();
      this.#tellEnded();
    }
  }

  /** Asks the migration to end; the state tells when it has. E_TOO_LATE after the seal. */
  cancel(reason: GodwitError): void {
    if (this.#isSealed || this.isOver) {
      throw new GodwitError('E_TOO_LATE', { id: this.id, state: this.#state, action: 'cancel' });
    }
    if (this.#stop.signal.aborted || this.#state === 'cancelling') return;
    this.#apply({ type: 'cancel' });
    this.#stop.abort(reason);
  }

  /** Lets a manual cutover go ahead, now or as soon as it can. */
  cutover(): void {
    if (!['pre-switchover', 'active', 'setup', 'paused'].includes(this.#state)) {
      throw new GodwitError('E_TOO_LATE', { id: this.id, state: this.#state, action: 'cut over' });
    }
    this.#hold.release();
  }

  /** Asks now who owns, or settles it by the operator's word. Resolves when it is settled, or was asked for a while. */
  async resolve(forceOwner: ForcedOwner | undefined): Promise<void> {
    if (this.#state !== 'outcome-unknown') {
      throw new GodwitError('E_TOO_LATE', { id: this.id, state: this.#state, action: 'resolve' });
    }
    if (forceOwner === undefined) this.#word.askNow();
    else this.#word.force(forceOwner);
    await Promise.race([this.#ended, wait(RESOLVE_MS, undefined, { ref: false })]);
  }

  /** The agent ends: cancels what can be cancelled, and stops asking where it cannot. */
  shutDown(): void {
    this.#shutdown.abort(new GodwitError('E_SHUTDOWN'));
    if (this.#isSealed || this.isOver) return;
    this.cancel(new GodwitError('E_CANCELLED', { reason: 'the agent is shutting down' }));
  }

  async #migrate(): Promise<void> {
    const timeout = setTimeout(() => this.#timeOut(), this.#parts.request.timeoutMs);
    try {
      if (this.#parts.request.mode === 'cold') await this.#guard(refuseWrites(this.#parts.images));
      this.#deferral.start();
      await (this.#state === 'paused' ? this.#return() : this.#setUp());
      while (!(await this.#travel())) await this.#return();
    } finally {
      clearTimeout(timeout);
      this.#deferral.stop();
    }
  }

  /** With `force` the time limit is the policy's to judge; pre-switchover waits for its operator. */
  #timeOut(): void {
    const { onStall, timeoutMs } = this.#parts.request;
    const isPolicys = onStall === 'force' && this.#state !== 'setup' && this.#state !== 'paused';
    if (isPolicys || this.#isSealed || this.#state === 'pre-switchover') return;
    this.#stop.abort(new GodwitError('E_TIMEOUT', { timeoutMs }));
  }

  /** The first link. What is wrong with it ends the migration, but for damage: nothing is anywhere yet. */
  async #setUp(): Promise<void> {
    try {
      this.#attempt = await this.#damaged.judged(this.#guard(this.#connect()));
    } catch (thrown) {
      if (toGodwitError(thrown).code !== 'E_DAMAGED' || this.#parts.request.patienceMs === 0) throw thrown;
      await this.#return();
    }
  }

  async #connect(): Promise<Attempt> {
    const { id, request, images, peer, ownership, workload } = this.#parts;
    const attempt = this.#standing.nextAttempt();
    return Attempt.begin({
      peer,
      offered: {
        id,
        request,
        images: images.map((live) => ({ live, epoch: ownership.get(live.name)?.epoch ?? 0 })),
        sourceId: ownership.identity,
        attempt,
        ...workload.travels,
      },
      meter: this.#meter,
      announcer: this.#announcer,
      convergence: this.#convergence,
      stop: this.#stop.signal,
    });
  }

  /** One link's worth of the way: true when the destination has taken over, false when the link was lost and there may be another. */
  async #travel(): Promise<boolean> {
    const attempt = this.#attempt;
    if (attempt === undefined) throw new GodwitError('E_INTERNAL', { problem: 'no link to travel' });
    this.#error = undefined;
    this.#handover.apply('accepted');
    this.#apply({ type: 'accepted' });
    try {
      await this.#standing.begin(attempt, this.#meter);
      const course = new Course(this.#courseParts(), attempt);
      await course.run();
      return true;
    } catch (thrown) {
      const error = this.#damaged.judge(thrown);
      if (this.#isSealed || this.#stop.signal.aborted || !mayReturn(error, this.#parts.request, attempt)) throw error;
      await this.#pause(error, attempt);
      return false;
    }
  }

  #courseParts(): ConstructorParameters<typeof Course>[0] {
    return {
      migration: this.#parts,
      meter: this.#meter,
      announcer: this.#announcer,
      convergence: this.#convergence,
      hold: this.#hold,
      deferral: this.#deferral,
      state: () => this.#state,
      apply: (event) => this.#apply(event),
      thaw: () => this.#thaw(),
      handover: this.#handover,
      untilShutdown: (work) => guarded(this.#shutdown.signal, work),
    };
  }

  /** The link is lost: the workload first, then the maps, so that nothing that was on its way is forgotten. */
  async #pause(error: GodwitError, attempt: Attempt): Promise<void> {
    if (this.#parts.request.mode !== 'cold') this.#thaw();
    void this.#parts.workload.resumed({ always: false });
    attempt.link.channel.fail(error);
    faultPoint('source.pause.thawed');
    await this.#putBack(attempt);
    faultPoint('source.pause.put-back');
    this.#attempt = undefined;
    // Ended meanwhile, by whoever may.
    this.#stop.signal.throwIfAborted();
    this.#handover.apply('link-lost');
    this.#convergence.forgetRounds();
    this.#error = error;
    this.#meter.phase = 'waiting for the destination';
    this.#apply({ type: 'link-lost' });
  }

  /** Until there is a link again, or patience is over. */
  async #return(): Promise<void> {
    this.#attempt = await retry({
      connect: () => this.#damaged.judged(this.#guard(this.#connect())),
      patienceMs: this.#parts.request.patienceMs,
      signal: this.#stop.signal,
      onFailed: (error) => {
        this.#error = error;
        this.#parts.logger.warn({ migration: this.id, code: error.code, reason: error.message }, 'no link yet');
      },
    });
  }

  async #complete(): Promise<void> {
    this.#parts.workload.moved(this.#location());
    const attempt = this.#attempt;
    if (this.#meter.downtime !== undefined) attempt?.link.channel.send('Released', this.#meter.downtime);
    this.#error = await attempt?.takeoverHook.failure();
    faultPoint('source.end.completed');
    await this.#standing.end();
    // In one turn: 100 percent is said of what is completed, and of nothing else.
    this.#meter.completed = true;
    this.#meter.phase = 'completed';
    this.#finish({ type: 'taken' });
    await attempt?.close();
  }

  /** Before the seal: the workload first, then the rest. */
  async #endEarly(error: GodwitError): Promise<void> {
    const attempt = this.#attempt;
    this.#thaw();
    void this.#parts.workload.resumed({ always: false });
    if (error.code === 'E_HOOK') this.#apply({ type: 'cancel' });
    this.#handover.apply('give-up');
    // Before the lanes end: a destination that sees them go first takes it for a lost link, and waits.
    const farewell = attempt && bidFarewell(attempt.link.channel, error, this.#parts.logger);
    await this.#putBack(attempt);
    faultPoint('source.end.given-up');
    await this.#standing.end();
    const waits = this.#standing.wasAccepted && this.#parts.request.patienceMs > 0;
    if (!(await farewell) && waits) await giveUpAtPeer({ ...this.#parts, migration: this.id });
    this.#error = error;
    this.#finish(this.#state === 'cancelling' ? { type: 'cancel-done' } : { type: 'fail' });
  }

  /** What was collected and never acknowledged is dirty again. */
  async #putBack(attempt: Attempt | undefined): Promise<void> {
    await attempt?.endLanes();
    for (const { maps } of this.#parts.images) await maps.restoreInFlight();
  }

  /** After the seal only the destination's word counts. */
  async #settleUnknown(error: GodwitError): Promise<void> {
    const id = this.#parts.recoveryOf ?? this.id;
    this.#error = new GodwitError('E_OUTCOME_UNKNOWN', {}, { cause: error, detail: error.message });
    if (this.#state !== 'outcome-unknown') this.#apply({ type: 'outcome-lost' });
    if (this.#handover.phase === 'sealed') this.#handover.apply('link-lost');
    await this.#attempt?.close();
    try {
      if (this.#handover.phase !== 'asking')
        throw new GodwitError('E_INTERNAL', { problem: 'there is nothing to ask' });
      const owner = await settleUnknown({
        ...this.#parts,
        migration: id,
        handover: this.#handover,
        word: this.#word,
        // After a restart nobody remembers whether on-freeze ran: it is undone in any case.
        onReopened: () => void this.#parts.workload.resumed({ always: this.#parts.recoveryOf !== undefined }),
        imagesUrl: this.#attempt?.link.imagesUrl,
        signal: this.#shutdown.signal,
      });
      await this.#settled(owner);
    } catch (stopped) {
      const { message: reason } = toGodwitError(stopped);
      this.#parts.logger.warn({ migration: id, reason }, 'outcome still unknown; the next start asks');
    }
  }

  async #settled(owner: 'source' | 'destination'): Promise<void> {
    await this.#standing.end();
    if (owner === 'destination') {
      this.#error = undefined;
      this.#meter.completed = true;
      this.#finish({ type: 'taken' });
      this.#parts.workload.moved(this.#location());
      return;
    }
    await this.#parts.workload.resumed({ always: false });
    const reason = this.#word.forced === undefined ? (this.#error?.detail ?? 'link lost') : 'an operator said so';
    this.#error = new GodwitError('E_ABORTED', { reason });
    this.#finish({ type: 'fail' });
  }

  #thaw(): void {
    thawKept(this.#parts.images);
  }

  #location(): string {
    return this.#parts.images.map((image) => image.location).join(' ');
  }

  #guard<T>(work: Promise<T>): Promise<T> {
    return guarded(this.#stop.signal, work);
  }

  #finish(event: MigrationEvent): void {
    this.#endedAt = new Date();
    this.#apply(event);
  }

  #apply(event: MigrationEvent): void {
    this.#state = nextState(this.id, this.#state, event);
    this.#announcer.state(this.#state, this.#error);
  }
}
