import {
  type Downtime,
  EventLog,
  type MigrationState,
  type MigrationView,
  type Progress,
  type RoundRecord,
  type Verified,
} from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import type { FrameHeaders } from '@godwit/protocol';

const ROUNDS_KEPT = 1000;
/** What the source may say of its state; the rest the destination knows itself. */
const SOURCE_STATES: readonly MigrationState[] = ['setup', 'active', 'pre-switchover', 'switchover'];

/** How an incoming migration is shown: mostly what the source says, its state what the destination knows. */
export class IncomingView {
  readonly events = new EventLog();
  #offer: FrameHeaders['Offer'];
  readonly #startedAt = new Date();
  readonly #rounds: RoundRecord[] = [];
  #endedAt: Date | undefined;
  #progress: Progress = emptyProgress();
  #downtime: Downtime | undefined;
  #verified: Verified | undefined;
  #error: { code: string; message: string; detail?: string } | undefined;
  #state: MigrationState = 'setup';

  constructor(offer: FrameHeaders['Offer']) {
    this.#offer = offer;
  }

  get state(): MigrationState {
    return this.#state;
  }

  /** Wire bytes, as the source counted them when it last said so. */
  get wireBytes(): number {
    return this.#progress.wireBytes;
  }

  /** What it failed with, if it did. */
  get problem(): string | undefined {
    return this.#error?.message;
  }

  /** Its source offers it again; what an earlier life left says less than an offer does. */
  offered(offer: FrameHeaders['Offer']): void {
    this.#offer = offer;
  }

  /** It is of an earlier life of the agent. */
  restored(isPrepared: boolean): void {
    const code = isPrepared ? 'E_OUTCOME_UNKNOWN' : 'E_PEER_LOST';
    const error = new GodwitError(code, { silentMs: 0 }, { detail: 'the agent was restarted' });
    this.become(isPrepared ? 'outcome-unknown' : 'paused', error);
  }

  /** A state that the destination itself knows. */
  become(state: MigrationState, error?: GodwitError): void {
    this.#state = state;
    if (error !== undefined) this.fault(error);
    if (state === 'completed')
      this.#progress = { ...this.#progress, phase: 'completed', remaining: 0, percent: 100, etaMs: 0 };
    this.events.append('state', { state, ...(this.#error === undefined ? {} : { error: this.#error }) });
    if (state !== 'completed' && state !== 'cancelled' && state !== 'failed') return;
    this.#endedAt = new Date();
    this.events.append('progress', this.#progress);
    this.events.end();
  }

  /** Something to report that does not change the state. */
  fault(error: GodwitError): void {
    const { code, message, detail } = error;
    this.#error = { code, message, ...(detail === undefined ? {} : { detail }) };
  }

  clearFault(): void {
    this.#error = undefined;
  }

  progress(header: FrameHeaders['Progress']): void {
    const { state, etaMs, expectedDowntimeMs, ...progress } = header;
    this.#progress = {
      ...progress,
      percent: Math.max(this.#progress.percent, Math.min(99, progress.percent)),
      etaMs: etaMs < 0 ? null : etaMs,
      expectedDowntimeMs: expectedDowntimeMs < 0 ? null : expectedDowntimeMs,
    };
    this.events.append('progress', this.#progress);
    const said = SOURCE_STATES.find((known) => known === state);
    if (said !== undefined && said !== this.#state && SOURCE_STATES.includes(this.#state)) this.become(said);
  }

  round(record: RoundRecord): void {
    this.#rounds.push(record);
    if (this.#rounds.length > ROUNDS_KEPT) this.#rounds.splice(1, 1);
    this.events.append('round', record);
  }

  verified(header: FrameHeaders['Prepare']): void {
    const { verify } = this.#offer;
    this.#verified = {
      mode: verify,
      blocks: header.verifiedBlocks,
      bytes: header.verifiedBytes,
      mismatches: header.mismatches,
      reRead: 0,
    };
  }

  released(downtime: Downtime): void {
    this.#downtime = downtime;
  }

  view(): MigrationView {
    return {
      id: this.#offer.migrationId,
      role: 'destination',
      images: this.#offer.images.map((image) => image.name),
      state: this.#state,
      mode: this.#offer.mode,
      verify: this.#offer.verify,
      startedAt: this.#startedAt.toISOString(),
      ...(this.#endedAt === undefined ? {} : { endedAt: this.#endedAt.toISOString() }),
      ...(this.#error === undefined ? {} : { error: this.#error }),
      progress: this.#progress,
      rounds: [...this.#rounds],
      ...(this.#downtime === undefined ? {} : { downtime: this.#downtime }),
      ...(this.#verified === undefined ? {} : { verified: this.#verified }),
    };
  }
}

function emptyProgress(): Progress {
  return {
    phase: 'setup',
    total: 0,
    transferred: 0,
    remaining: 0,
    duplicate: 0,
    normal: 0,
    wireBytes: 0,
    resent: 0,
    percent: 0,
    etaMs: null,
    mbps: 0,
    dirtyBytesPerSec: 0,
    expectedDowntimeMs: null,
  };
}
