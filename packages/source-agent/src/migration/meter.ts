import type { Downtime, Progress, RoundRecord, Verified } from '@godwit/agent';
import type { ImageMaps } from '@godwit/image';
import { LaneCounters, type LaneTotals } from '../lanes/laneCounters.js';
import { BandwidthMeter } from '../policy/bandwidth.js';
import { ScrubMeter } from './scrubMeter.js';

/** Rounds kept for the reader; pre-switchover may hold for days. */
const ROUNDS_KEPT = 1000;
/** Weight of the newest round in the dirty rate. */
const DIRTY_RATE_WEIGHT = 0.4;
/** Share of the way that sending is; the rest is proving and handing over. */
const SENDING_SHARE = 90;
const PROVING_SHARE = 9;

/** All that is measured of one migration at the source, and the progress that is made of it. */
export class MigrationMeter {
  readonly bandwidth = new BandwidthMeter();
  readonly rounds: RoundRecord[] = [];
  readonly #maps: readonly ImageMaps[];
  readonly #verify: 'full' | 'wire';
  totals: LaneTotals = LaneCounters.zero();
  phase = 'connecting';
  /** Bytes of round 1: what must move. */
  totalBytes = 0;
  roundsDone = 0;
  mismatches = 0;
  mismatchedBytes = 0;
  checkBytesPerSec: number | undefined;
  expectedDowntimeMs: number | undefined;
  downtime: Downtime | undefined;
  dirtyBytesPerSec = 0;
  completed = false;
  /** The maps say what is to be sent and proven. */
  hasBegun = false;
  #percent = 0;

  /** The pass of reading back that is under way, or the last one. */
  readonly scrub: ScrubMeter;
  readonly #scrubLimit: number;

  /** `scrubLimit`: bytes a second that reading back may take while the workload runs. */
  constructor(maps: readonly ImageMaps[], verify: 'full' | 'wire', scrubLimit = Number.POSITIVE_INFINITY) {
    this.#maps = maps;
    this.#verify = verify;
    this.#scrubLimit = scrubLimit;
    this.scrub = new ScrubMeter(() => sum(maps, (of) => of.bytesOf(of.checking.count())));
  }

  addRound(record: RoundRecord): void {
    this.rounds.push(record);
    // Round 1 stays: it is the one that people compare with.
    if (this.rounds.length > ROUNDS_KEPT) this.rounds.splice(1, 1);
    this.roundsDone += 1;
    if (record.durationMs === 0) return;
    const rate = (record.dirtiedBytes / record.durationMs) * 1000;
    this.dirtyBytesPerSec += (rate - this.dirtyBytesPerSec) * (this.roundsDone === 1 ? 1 : DIRTY_RATE_WEIGHT);
  }

  /** A check pass read `bytes` on both sides in `durationMs`. */
  addCheck(bytes: number, durationMs: number): void {
    if (bytes === 0 || durationMs <= 0) return;
    const rate = (bytes / durationMs) * 1000;
    this.checkBytesPerSec = this.checkBytesPerSec === undefined ? rate : this.checkBytesPerSec * 0.6 + rate * 0.4;
  }

  dirtyBytes(): number {
    return sum(this.#maps, (maps) => maps.bytesOf(maps.dirty.count()));
  }
  inFlightBytes(): number {
    return sum(this.#maps, (maps) => maps.bytesOf(maps.inFlight.count()));
  }
  unprovenBytes(): number {
    return sum(this.#maps, (maps) => maps.bytesOf(maps.unprovenBlocks()));
  }

  /** Wire bytes for a raw byte: of the last round that sent something, else of all so far, else 1. */
  wireRatio(): number {
    const last = this.rounds.findLast((round) => round.bytes > 0);
    return last === undefined ? 1 : Math.max(0.001, last.wireBytes / last.bytes);
  }

  /** How fast blocks travel, before compression; undefined until something was acknowledged. */
  rawBytesPerSec(): number | undefined {
    const wirePerSec = this.bandwidth.estimate()?.smoothedBytesPerSec ?? 0;
    return wirePerSec === 0 ? undefined : wirePerSec / this.wireRatio();
  }

  progress(): Progress {
    const estimate = this.bandwidth.estimate();
    const remaining = this.completed ? 0 : this.dirtyBytes() + this.inFlightBytes();
    const total = Math.max(this.totalBytes, remaining);
    const wirePerSec = estimate?.smoothedBytesPerSec ?? 0;
    return {
      phase: this.phase,
      total,
      transferred: total - remaining,
      remaining,
      duplicate: this.totals.zeroBytes,
      normal: this.totals.normalBytes,
      compressed: this.totals.lz4Bytes,
      wireBytes: this.totals.wireBytes,
      resent: this.totals.resentBytes + this.mismatchedBytes,
      percent: this.#advance(total, remaining),
      etaMs: this.#eta(remaining, wirePerSec),
      mbps: (wirePerSec * 8) / 1e6,
      dirtyBytesPerSec: Math.round(this.dirtyBytesPerSec),
      expectedDowntimeMs: this.expectedDowntimeMs ?? null,
      ...this.scrub.progress(),
    };
  }

  verified(): Verified {
    const images = { blocks: sum(this.#maps, (maps) => maps.blocks), bytes: sum(this.#maps, (maps) => maps.size) };
    if (this.#verify === 'wire') return { mode: 'wire', blocks: 0, bytes: 0, mismatches: this.mismatches, reRead: 0 };
    // Before round 1 was marked nothing is unproven because nothing was asked yet.
    const unproven = (maps: ImageMaps) => (this.hasBegun ? maps.unprovenBlocks() + maps.checkingBlocks() : maps.blocks);
    return {
      mode: 'full',
      blocks: Math.max(0, images.blocks - sum(this.#maps, unproven)),
      bytes: Math.max(0, images.bytes - sum(this.#maps, (maps) => maps.bytesOf(unproven(maps)))),
      mismatches: this.mismatches,
      reRead: Math.max(0, this.totals.checkedBlocks - images.blocks),
    };
  }

  #advance(total: number, remaining: number): number {
    if (this.completed) this.#percent = 100;
    else if (this.totalBytes > 0 || this.roundsDone > 0) {
      const sent = total === 0 ? 1 : 1 - remaining / total;
      const size = sum(this.#maps, (maps) => maps.size);
      const proven = this.#verify === 'wire' || size === 0 ? sent : 1 - Math.min(1, this.unprovenBytes() / size);
      const now = sent * SENDING_SHARE + proven * PROVING_SHARE;
      this.#percent = Math.max(this.#percent, Math.round(now * 10) / 10);
    }
    return this.#percent;
  }

  #eta(remaining: number, wirePerSec: number): number | null {
    if (this.completed) return 0;
    if (wirePerSec === 0) return null;
    const rawPerSec = wirePerSec / this.wireRatio();
    if (this.dirtyBytesPerSec >= rawPerSec) return null;
    const sendMs = (remaining / (rawPerSec - this.dirtyBytesPerSec)) * 1000;
    const checkPerSec = Math.min(this.checkBytesPerSec ?? Number.POSITIVE_INFINITY, this.#scrubLimit);
    const checkMs = (this.unprovenBytes() / checkPerSec) * 1000;
    return Math.round(sendMs + checkMs);
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
