import {
  type EventLog,
  formatAddress,
  holdForTest,
  type Logger,
  type MigrationRequest,
  type MigrationState,
  type MigrationView,
  type OwnershipStore,
  type SourceOptions,
  TERMINAL_STATES,
} from '@godwit/agent';
import { GodwitError, toGodwitError } from '@godwit/errors';
import { GateState, type LiveImage } from '@godwit/image';
import type { LaneTotals } from '../lanes/laneCounters.js';
import { Announcer } from './announcer.js';
import { Convergence } from './convergence.js';
import { CutoverHold } from './cutoverHold.js';
import { Deferral } from './deferral.js';
import { bidFarewell } from './farewell.js';
import { guarded } from './guard.js';
import { handOver } from './handover.js';
import { type Link, openLink, type Peer } from './link.js';
import { MigrationMeter } from './meter.js';
import { MigrationHooks } from './migrationHooks.js';
import { Passes } from './passes.js';
import { roundCycle } from './roundCycle.js';
import { settleUnknown } from './settleOutcome.js';
import { sprint, writeBack } from './sprint.js';
import { type MigrationEvent, nextState } from './state.js';
import { TakeoverHook } from './takeoverHook.js';
import { sourceView } from './view.js';

/** Progress events and frames at most this often. */
const PROGRESS_MS = 400;
/** What a record on disk costs is measured anew every so many rounds. */
const MEASURE_ROUNDS = 8;

export interface MigrationParts {
  readonly id: string;
  readonly request: MigrationRequest;
  readonly images: readonly LiveImage[];
  readonly peer: Peer;
  readonly ownership: OwnershipStore;
  readonly hooks: SourceOptions['hooks'];
  readonly logger: Logger;
  /** The migration of an earlier life whose record says SEALED: only ask who owns. */
  readonly recoveryOf?: string;
}

/**
 * One migration at the source, from setup to its end. Owns its control channel and lanes; borrows the
 * images. `run` never rejects: how it ended stands in `view`.
 */
export class SourceMigration {
  readonly #parts: MigrationParts;
  readonly #meter: MigrationMeter;
  readonly #announcer: Announcer;
  readonly #hooks: MigrationHooks;
  readonly #convergence: Convergence;
  readonly #hold: CutoverHold;
  readonly #deferral: Deferral;
  readonly #startedAt = new Date();
  /** Ends the migration before the seal; its reason is the error. */
  readonly #stop = new AbortController();
  /** Ends even the asking after the seal: the agent is shutting down. */
  readonly #shutdown = new AbortController();
  #state: MigrationState = 'setup';
  #error: GodwitError | undefined;
  #endedAt: Date | undefined;
  #sealed = false;
  #link: Link | undefined;
  #passes: Passes | undefined;
  #forced = false;
  #takeoverHook: TakeoverHook | undefined;

  constructor(parts: MigrationParts) {
    const { id, request, images, peer, ownership, logger } = parts;
    this.#parts = parts;
    const maps = images.map((image) => image.maps);
    this.#meter = new MigrationMeter(maps, request.verify, request.scrubLimit);
    this.#announcer = new Announcer(id, logger, this.#meter);
    const paths = images.map((image) => image.file.path).join(' ');
    const destination = formatAddress(peer);
    const context = { migration: id, images: this.names.join(' '), paths, destination };
    this.#hooks = new MigrationHooks(parts.hooks, context, logger);
    this.#convergence = new Convergence(request, this.#meter, () => ({
      rttMs: this.#link?.channel.rttMs ?? 1,
      persistMs: ownership.persistMs,
    }));
    this.#hold = new CutoverHold(request.cutover === 'auto');
    this.#deferral = new Deferral(maps, this.#meter, () => this.#convergence.pauseBudgetBytes());
    if (parts.recoveryOf === undefined) return;
    this.#sealed = true;
    this.#state = 'outcome-unknown';
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
      onFreezeMs: this.#hooks.onFreezeMs,
    });
  }

  /** Runs to the end, whatever it is. */
  async run(): Promise<void> {
    const timer = setInterval(() => this.#announcer.progress(), PROGRESS_MS);
    this.#announcer.state(this.#state, undefined);
    try {
      if (this.#sealed) throw new GodwitError('E_PEER_LOST', { silentMs: 0 }, { detail: 'the agent was restarted' });
      await this.#migrate();
      await this.#complete();
    } catch (error) {
      await (this.#sealed ? this.#settleUnknown(toGodwitError(error)) : this.#endEarly(toGodwitError(error)));
    } finally {
      clearInterval(timer);
      this.#announcer.progress();
      this.#announcer.end();
    }
  }

  /** Asks the migration to end; the state tells when it has. E_TOO_LATE after the seal. */
  cancel(reason: GodwitError): void {
    if (this.#sealed || this.isOver) {
      throw new GodwitError('E_TOO_LATE', { id: this.id, state: this.#state, action: 'cancel' });
    }
    if (this.#stop.signal.aborted || this.#state === 'cancelling') return;
    this.#apply({ type: 'cancel' });
    this.#stop.abort(reason);
  }

  /** Lets a manual cutover go ahead, now or as soon as it can. */
  cutover(): void {
    if (this.#state !== 'pre-switchover' && this.#state !== 'active' && this.#state !== 'setup') {
      throw new GodwitError('E_TOO_LATE', { id: this.id, state: this.#state, action: 'cut over' });
    }
    this.#hold.release();
  }

  /** The agent ends: cancels what can be cancelled, and stops asking where it cannot. */
  shutDown(): void {
    this.#shutdown.abort(new GodwitError('E_SHUTDOWN'));
    if (this.#sealed || this.isOver) return;
    this.cancel(new GodwitError('E_CANCELLED', { reason: 'the agent is shutting down' }));
  }

  async #migrate(): Promise<void> {
    const { request, images } = this.#parts;
    const timeout = setTimeout(() => this.#timeOut(), request.timeoutMs);
    try {
      if (request.mode === 'cold') await this.#refuseWrites();
      const link = await this.#guard(this.#connect());
      this.#apply({ type: 'accepted' });
      this.#passes = new Passes(images, link, this.#meter, request.verify);
      const passes = this.#passes;
      this.#deferral.start();
      this.#meter.phase = 'looking for holes';
      await this.#guard(passes.begin());
      for (let taken = false; !taken; ) {
        await this.#rounds(passes, link);
        await this.#guard(holdForTest('source.active.before-switch'));
        taken = await this.#switch(passes, link);
      }
    } finally {
      clearTimeout(timeout);
      this.#deferral.stop();
    }
  }

  /** With `force` the time limit is the policy's to judge; pre-switchover waits for its operator. */
  #timeOut(): void {
    const { onStall, timeoutMs } = this.#parts.request;
    const isPolicys = onStall === 'force' && this.#state !== 'setup';
    if (isPolicys || this.#sealed || this.#state === 'pre-switchover') return;
    this.#stop.abort(new GodwitError('E_TIMEOUT', { timeoutMs }));
  }

  async #refuseWrites(): Promise<void> {
    for (const { maps } of this.#parts.images) maps.gate.refuse();
    await this.#guard(Promise.all(this.#parts.images.map(({ maps }) => maps.gate.drained())));
  }

  async #connect(): Promise<Link> {
    const { id, request, images, peer, ownership } = this.#parts;
    const offered = images.map((live) => ({ live, epoch: ownership.get(live.name)?.epoch ?? 0 }));
    const offer = { id, request, images: offered, sourceId: ownership.identity };
    const link = await openLink(peer, offer, this.#stop.signal);
    if (this.#stop.signal.aborted) {
      // The migration ended while the lanes were opening; nobody else knows of this link.
      link.channel.close();
      await link.pool.close();
      throw this.#stop.signal.reason;
    }
    this.#link = link;
    this.#announcer.linked(link);
    const lose = (error: unknown) => this.#stop.abort(toGodwitError(error));
    link.channel.closed.then(lose, lose);
    link.pool.lost.catch(lose);
    link.channel.on('RoundSynced', ({ durationMs }) => this.#convergence.synced(durationMs));
    this.#takeoverHook = new TakeoverHook(link.channel);
    return link;
  }

  /** Rounds until the policy says switch, and the user too. */
  async #rounds(passes: Passes, link: Link): Promise<void> {
    const { request } = this.#parts;
    const guard = <T>(work: Promise<T>) => this.#guard(work);
    const [meter, announcer, convergence] = [this.#meter, this.#announcer, this.#convergence];
    for (;;) {
      const choice = this.#deferral.choice(this.#state === 'pre-switchover');
      const cycle = { passes, link, meter, announcer, convergence, request, choice, guard };
      if (await this.#shouldSwitch(await roundCycle(cycle))) return;
    }
  }

  async #shouldSwitch(remainingBytes: number | undefined): Promise<boolean> {
    if (this.#meter.roundsDone % MEASURE_ROUNDS === 1) await this.#guard(this.#parts.ownership.measure());
    const decision = this.#convergence.roundEnded(remainingBytes);
    // The operator has seen pre-switchover and said go: his word counts, whatever is dirty now.
    if (this.#state === 'pre-switchover') this.#convergence.forgetRounds();
    if (this.#state === 'pre-switchover' && this.#hold.isReleased) {
      this.#forced = true;
      return true;
    }
    if (decision.action === 'abort' && this.#state === 'active') {
      throw this.#convergence.noConvergence(decision.reason);
    }
    if (decision.action !== 'switch') return false;
    if (!this.#hold.isReleased) {
      await this.#holdBack();
      return false;
    }
    this.#forced = decision.forced !== undefined;
    return true;
  }

  /** pre-switchover: waits for the operator, or until another round is due. */
  async #holdBack(): Promise<void> {
    if (this.#state === 'active') this.#apply({ type: 'hold' });
    this.#meter.phase = 'waiting for cutover';
    this.#convergence.forgetRounds();
    await this.#hold.wait(
      () => this.#meter.dirtyBytes() > 0,
      (work) => this.#guard(work),
    );
  }

  /** One attempt at the handover. False: too much was dirty after all, the workload runs again. */
  async #switch(passes: Passes, link: Link): Promise<boolean> {
    const { id, images, ownership, peer, request, logger } = this.#parts;
    this.#apply({ type: 'switch' });
    this.#meter.phase = 'freezing';
    await this.#guard(this.#hooks.freeze(this.#stop.signal));
    const sprinted = await this.#guard(sprint(passes, this.#meter));
    let writtenBack = Promise.resolve();
    const taken = await handOver({
      id,
      images,
      link,
      passes,
      ownership,
      logger,
      verify: request.verify,
      meter: this.#meter,
      peer: formatAddress(peer),
      guard: (work) => this.#guard(work),
      announce: (record) => this.#announcer.finalRound(record),
      untilShutdown: (work) => guarded(this.#shutdown.signal, work),
      patienceMs: this.#forced || request.mode === 'cold' ? undefined : this.#convergence.pauseLimitMs,
      peerTimeoutMs: peer.peerTimeoutMs,
      stillWorthIt: () => this.#forced || request.mode === 'cold' || this.#convergence.isStillWorthIt(),
      onFrozen: () => {
        writtenBack = writeBack(link.channel, sprinted.at(-1));
      },
      onSealed: () => this.#seal(),
    });
    if (!taken) this.#thaw();
    for (const record of sprinted) this.#announcer.finalRound(record);
    if (taken) return true;
    await this.#guard(Promise.all([passes.ended(), writtenBack]));
    // Undone before it is done anew: two hooks of one workload never overlap.
    await this.#guard(this.#hooks.resumed({ always: false }));
    this.#apply({ type: 'resume-rounds' });
    return false;
  }

  #seal(): void {
    // The last moment for a cancel that came in this very turn of the loop.
    this.#stop.signal.throwIfAborted();
    this.#sealed = true;
  }

  async #complete(): Promise<void> {
    this.#hooks.moved(this.#location());
    if (this.#meter.downtime !== undefined) this.#link?.channel.send('Released', this.#meter.downtime);
    this.#error = await this.#takeoverHook?.failure();
    this.#meter.completed = true;
    this.#meter.phase = 'completed';
    this.#finish({ type: 'taken' });
    await this.#leave();
  }

  /** Before the seal: the workload first, then the rest. */
  async #endEarly(error: GodwitError): Promise<void> {
    this.#thaw();
    void this.#hooks.resumed({ always: false });
    if (error.code === 'E_HOOK') this.#apply({ type: 'cancel' });
    await this.#link?.pool.close();
    // A pass that is still planning may yet move bits to in-flight.
    await this.#passes?.ended();
    for (const { maps } of this.#parts.images) await maps.restoreInFlight();
    if (this.#link !== undefined) await bidFarewell(this.#link.channel, error, this.#parts.logger);
    this.#error = error;
    this.#finish(this.#state === 'cancelling' ? { type: 'cancel-done' } : { type: 'fail' });
  }

  /** After the seal only the destination's word counts. */
  async #settleUnknown(error: GodwitError): Promise<void> {
    const { logger } = this.#parts;
    const id = this.#parts.recoveryOf ?? this.id;
    this.#error = new GodwitError('E_OUTCOME_UNKNOWN', {}, { cause: error, detail: error.message });
    if (this.#state !== 'outcome-unknown') this.#apply({ type: 'outcome-lost' });
    await this.#leave();
    try {
      const owner = await settleUnknown({ ...this.#parts, migration: id, signal: this.#shutdown.signal });
      await this.#settled(owner);
    } catch (stopped) {
      const reason = toGodwitError(stopped).message;
      logger.warn({ migration: id, reason }, 'outcome still unknown; asked again at the next start');
    }
  }

  async #settled(owner: 'source' | 'destination'): Promise<void> {
    if (owner === 'destination') {
      this.#error = undefined;
      this.#meter.completed = true;
      this.#finish({ type: 'taken' });
      this.#hooks.moved(this.#location());
      return;
    }
    // After a restart nobody remembers whether on-freeze ran: it is undone in any case.
    await this.#hooks.resumed({ always: this.#parts.recoveryOf !== undefined });
    this.#error = new GodwitError('E_ABORTED', { reason: this.#error?.detail ?? 'link lost' });
    this.#finish({ type: 'fail' });
  }

  #thaw(): void {
    // A gate that says moved stays so: no failure behind the handover may reopen it.
    for (const image of this.#parts.images) if (image.maps.gate.state !== GateState.moved) image.thaw();
  }

  async #leave(): Promise<void> {
    this.#link?.channel.close();
    await this.#link?.pool.close();
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
