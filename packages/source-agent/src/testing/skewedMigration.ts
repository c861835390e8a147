import { ImageMaps } from '@godwit/image';
import { Deferral } from '../migration/deferral.js';
import { MigrationMeter } from '../migration/meter.js';
import { BandwidthMeter } from '../policy/bandwidth.js';
import { decide, pauseBudget, type RoundOutcome } from '../policy/decide.js';
import { sendInSegments } from '../rounds/segments.js';
import type { WorkItems } from '../rounds/workItems.js';
import { REGION_BYTES } from '../rounds/workList.js';
import { LIMITS_OF_TESTS } from './policyInput.js';
import { randomFrom } from './random.js';

const BLOCK_BYTES = 64 * 1024;
const REGION_BLOCKS = REGION_BYTES / BLOCK_BYTES;
/** Write-back and the messages of a round. */
const BETWEEN_ROUNDS_MS = 10;
/** Both disks read so many times faster than the wire carries. */
const CHECK_SPEED = 8;

export interface SkewedWorld {
  readonly seed: number;
  readonly blocks: number;
  readonly bandwidth: number;
  /** Bytes a second, in blocks; 9 of 10 writes go to the first `hotShare` of the blocks. */
  readonly writeRate: number;
  readonly hotShare: number;
  readonly downtimeLimitMs: number;
  readonly onStall: 'abort' | 'force';
  readonly maxRounds: number;
  /** False: as before there was a write history; every round sends all that is dirty. */
  readonly defers: boolean;
  readonly absorbs: boolean;
}

export interface SkewedResult {
  readonly ended: 'switch' | 'forced' | 'abort';
  readonly rounds: number;
  readonly deferredBytes: readonly number[];
  readonly budgetBytes: readonly number[];
  /** Sent after the first round, the pause included. */
  readonly laterBytes: number;
  /** Of blocks that were written at least once before the switch. */
  readonly uniqueBytes: number;
  readonly pauseBytes: number;
  readonly elapsedMs: number;
  /** Blocks whose last write is not at the destination. */
  readonly lost: number;
}

/** A migration of numbered blocks in virtual time: the maps, planning and policy are the real ones, lanes and clocks are not. */
export class SkewedMigration {
  readonly #world: SkewedWorld;
  readonly #maps: ImageMaps;
  readonly #meter: MigrationMeter;
  readonly #deferral: Deferral;
  readonly #random: (bound: number) => number;
  readonly #written: Uint32Array;
  readonly #arrived: Uint32Array;
  readonly #touched = new Set<number>();
  readonly #outcomes: RoundOutcome[] = [];
  readonly #deferred: number[] = [];
  readonly #budgets: number[] = [];
  #nowMs = 0;
  #nextWriteMs = 0;
  #nextStepMs = 0;
  #frozen = false;
  #sentBytes = 0;
  #sampledBytes = 0;
  #sampledMs = 0;

  constructor(world: SkewedWorld) {
    this.#world = world;
    this.#maps = ImageMaps.create(world.blocks * BLOCK_BYTES, BLOCK_BYTES);
    this.#meter = new MigrationMeter([this.#maps], 'wire');
    this.#deferral = new Deferral([this.#maps], this.#meter, () => this.#budget());
    this.#random = randomFrom(world.seed);
    this.#written = new Uint32Array(world.blocks);
    this.#arrived = new Uint32Array(world.blocks);
  }

  async run(): Promise<SkewedResult> {
    this.#maps.dirty.setRange(0, this.#world.blocks);
    let firstBytes = 0;
    for (;;) {
      await this.#round();
      if (firstBytes === 0) firstBytes = this.#sentBytes;
      this.#pass(BETWEEN_ROUNDS_MS);
      const decision = this.#decide();
      if (decision.action === 'continue') continue;
      const isForced = decision.action === 'switch' && decision.forced !== undefined;
      const ended = decision.action === 'abort' ? 'abort' : isForced ? 'forced' : 'switch';
      const beforePause = this.#sentBytes;
      if (ended !== 'abort') await this.#pause();
      return {
        ended,
        rounds: this.#outcomes.length,
        deferredBytes: this.#deferred,
        budgetBytes: this.#budgets,
        laterBytes: this.#sentBytes - firstBytes,
        uniqueBytes: this.#touched.size * BLOCK_BYTES,
        pauseBytes: this.#sentBytes - beforePause,
        elapsedMs: this.#nowMs,
        lost: this.#lost(),
      };
    }
  }

  async #round(): Promise<void> {
    const startedMs = this.#nowMs;
    const before = this.#sentBytes;
    this.#sampledBytes = before;
    this.#sampledMs = startedMs;
    const choice = this.#world.defers ? this.#deferral.choice(false) : undefined;
    const sent = await sendInSegments([{ maps: this.#maps }], 'wire', (items) => this.#send(items), choice);
    const bytes = this.#sentBytes - before;
    const durationMs = this.#nowMs - startedMs;
    this.#sample();
    this.#meter.addRound({
      round: this.#meter.roundsDone + 1,
      blocks: sent.blocks,
      bytes,
      zeroBytes: 0,
      wireBytes: bytes,
      durationMs,
      dirtiedBytes: this.#meter.dirtyBytes(),
      mbps: 0,
    });
    this.#deferred.push(sent.deferredBytes);
    this.#budgets.push(this.#budget());
    this.#pass(((bytes / this.#world.bandwidth) * 1000) / CHECK_SPEED);
  }

  async #pause(): Promise<void> {
    this.#frozen = true;
    await sendInSegments([{ maps: this.#maps }], 'wire', (items) => this.#send(items));
  }

  #sample(): void {
    this.#meter.bandwidth.sample(this.#sentBytes - this.#sampledBytes, this.#nowMs - this.#sampledMs);
    this.#sampledBytes = this.#sentBytes;
    this.#sampledMs = this.#nowMs;
  }

  #send(items: WorkItems): Promise<void> {
    for (const { firstRegion, regions } of items) {
      for (let region = firstRegion; region < firstRegion + regions; region++) this.#sendRegion(region);
    }
    return Promise.resolve();
  }

  /** As a lane does: absorb, read, send, and clear when it has arrived. */
  #sendRegion(region: number): void {
    const end = Math.min(this.#world.blocks, (region + 1) * REGION_BLOCKS);
    for (let block = region * REGION_BLOCKS; block < end; ) {
      const run = this.#maps.inFlight.nextRun(block, end);
      if (run === undefined) return;
      if (this.#world.absorbs) this.#maps.absorb(run.first, run.count);
      const read = this.#written.slice(run.first, run.first + run.count);
      this.#pass(((run.count * BLOCK_BYTES) / this.#world.bandwidth) * 1000);
      this.#sentBytes += run.count * BLOCK_BYTES;
      if (this.#nowMs - this.#sampledMs >= BandwidthMeter.sampleMs) this.#sample();
      this.#arrived.set(read, run.first);
      this.#maps.inFlight.clearRange(run.first, run.count);
      block = run.first + run.count;
    }
  }

  /** Lets time pass: the workload writes, the history's steps end. */
  #pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    if (this.#frozen) {
      this.#nowMs = untilMs;
      return;
    }
    for (;;) {
      const next = Math.min(this.#nextWriteMs, this.#nextStepMs);
      if (next > untilMs) break;
      this.#nowMs = next;
      if (this.#nextStepMs === next) {
        this.#deferral.step();
        this.#nextStepMs = next + this.#deferral.stepMs;
      } else {
        this.#write();
        this.#nextWriteMs = next + (BLOCK_BYTES / this.#world.writeRate) * 1000;
      }
    }
    this.#nowMs = untilMs;
  }

  #write(): void {
    const { blocks, hotShare } = this.#world;
    const hotBlocks = Math.max(1, Math.floor(blocks * hotShare));
    // Spread over the image, so that hot and cold blocks share regions.
    const stride = Math.max(1, Math.floor(blocks / hotBlocks));
    const block = this.#random(10) < 9 ? this.#random(hotBlocks) * stride : this.#random(blocks);
    this.#written[block] = (this.#written[block] ?? 0) + 1;
    this.#touched.add(block);
    this.#maps.markDirty(block * BLOCK_BYTES, BLOCK_BYTES);
  }

  #decide() {
    const remainingBytes = this.#meter.dirtyBytes();
    this.#outcomes.push({ endedAtMs: this.#nowMs, remainingBytes });
    const { downtimeLimitMs, maxRounds, onStall } = this.#world;
    return decide({
      rounds: this.#outcomes,
      remainingBytes,
      unprovenBytes: 0,
      ...this.#costs(),
      destinationReady: true,
      nowMs: this.#nowMs,
      limits: { ...LIMITS_OF_TESTS, downtimeLimitMs, maxRounds, onStall },
    });
  }

  #budget(): number {
    return pauseBudget({ ...this.#costs(), downtimeLimitMs: this.#world.downtimeLimitMs });
  }

  #costs() {
    return { bandwidth: this.#meter.bandwidth.estimate(), wireRatio: 1, checkBytesPerSec: undefined, fixedCostMs: 10 };
  }

  #lost(): number {
    return this.#written.reduce((lost, version, block) => lost + (version === this.#arrived[block] ? 0 : 1), 0);
  }
}
