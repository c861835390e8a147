import type { RoundRecord } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import type { LiveImage } from '@godwit/image';
import { LIMITS } from '@godwit/protocol';
import { IdleProcessors } from '../lanes/idleProcessors.js';
import type { LaneGrowth } from '../lanes/laneGrowth.js';
import type { Suspect } from '../lanes/laneMessages.js';
import type { LanePool } from '../lanes/lanePool.js';
import { BandwidthMeter } from '../policy/bandwidth.js';
import { markAllocated } from '../rounds/allocated.js';
import { planCheck } from '../rounds/plan.js';
import { type SegmentChoice, sendInSegments } from '../rounds/segments.js';
import type { WorkItems } from '../rounds/workItems.js';
import type { Link } from './link.js';
import type { MigrationMeter } from './meter.js';

/** Of the memory that is to be had: an image that takes more of it is out of the page cache again before its scrub, and others' pages with it. */
const CACHED_SHARE = 0.5;

/**
 * What is to be done with an image as a link begins: send all of it; compare it with what the destination has; send what the maps
 * say, and prove all; or go on with what the maps say.
 */
export type Task = 'send' | 'compare' | 'prove' | 'go on';

/** Sends rounds and checks over the lanes, one at a time, and measures them. */
export class Passes {
  readonly #images: readonly LiveImage[];
  readonly #pool: LanePool;
  readonly #cold: Link['cold'];
  readonly #growth: LaneGrowth | undefined;
  #idle: IdleProcessors | undefined;
  readonly #meter: MigrationMeter;
  readonly #verify: 'full' | 'wire';
  #round: number;
  /** What round 1 reads is still in the page cache when it is read again. */
  #staysCached = true;
  /** The pass under way, or the last one; never rejects. */
  #current: Promise<unknown> = Promise.resolve();

  constructor(
    images: readonly LiveImage[],
    { pool, cold, growth }: Pick<Link, 'pool' | 'cold' | 'growth'>,
    meter: MigrationMeter,
    verify: 'full' | 'wire',
  ) {
    this.#images = images;
    this.#pool = pool;
    this.#cold = cold;
    this.#growth = growth;
    this.#meter = meter;
    this.#verify = verify;
    this.#round = meter.roundsDone;
  }

  /** Marks what there is to do for each image, by what the destination has of it. */
  begin(tasks: readonly Task[]): Promise<void> {
    return this.#only(() => this.#begin(tasks));
  }

  async #begin(tasks: readonly Task[]): Promise<void> {
    // Before a byte is read for the migration.
    for (const [index, { file }] of this.#images.entries()) await this.#cold[index]?.survey(file);
    const allocatedBytes = this.#images.reduce((sum, { file }) => sum + file.allocatedBytes(), 0);
    this.#staysCached = allocatedBytes < process.availableMemory() * CACHED_SHARE;
    for (const [index, image] of this.#images.entries()) {
      const task = tasks[index] ?? 'send';
      if (task === 'send') await markAllocated(image, { verify: this.#verify, isHeld: false });
      else if (task === 'prove') await markAllocated(image, { verify: this.#verify, isHeld: true });
      else if (task === 'compare') await markAllocated(image, { verify: 'full', isHeld: true });
    }
    if (tasks.includes('compare')) await this.#compare();
    this.#meter.totalBytes = Math.max(this.#meter.totalBytes, this.#meter.dirtyBytes());
    this.#meter.hasBegun = true;
  }

  /** Marks as dirty what differs at the destination; what is equal is proven by that. */
  async #compare(): Promise<void> {
    this.#meter.phase = 'comparing';
    // Again for what a lane could not say, and for holes that had data after all.
    for (;;) {
      const plan = await planCheck(this.#images);
      if (plan.items.length === 0) break;
      this.#meter.scrub.begin();
      await this.#pool.run('compare', this.#round, plan.items);
      this.#meter.scrub.end();
      for (const { maps } of this.#images) maps.holes.proven();
    }
    this.#meter.totals = this.#pool.totals();
    if (this.#verify === 'full') return;
    // What was written meanwhile is dirty and will be sent; nobody asks for its proof.
    for (const { maps } of this.#images) maps.unproven.clearRange(0, maps.blocks);
  }

  /**
   * Collects and sends what is dirty; resolves when all of it is acknowledged (or put back as NACKed).
   *
   * @param choose which blocks travel last, or not at all in this round; all at once unless given
   */
  sendRound(choose?: SegmentChoice): Promise<RoundRecord> {
    return this.#only(async () => (await this.#sendRound('send', choose)).record);
  }

  /**
   * As sendRound, and checks behind each region, on the same lane, what was sent (with `full`): one pass and one
   * barrier where a round and a check are two. What was unproven and not dirty stays so.
   */
  proveRound(choose?: SegmentChoice): Promise<RoundRecord> {
    return this.#only(async () => {
      if (this.#verify === 'wire') return (await this.#sendRound('send', choose)).record;
      const { record, suspects } = await this.#sendRound('prove', choose);
      if (suspects.length > 0) await this.#judge(suspects);
      return record;
    });
  }

  /** Resolves when no pass is under way: whoever stopped waiting for one may touch the maps after this. */
  async ended(): Promise<void> {
    await this.#current;
  }

  #only<T>(pass: () => Promise<T>): Promise<T> {
    const running = pass();
    this.#current = running.catch(() => undefined);
    return running;
  }

  async #sendRound(
    kind: 'send' | 'prove',
    choose?: SegmentChoice,
  ): Promise<{ record: RoundRecord; suspects: readonly Suspect[] }> {
    this.#round += 1;
    const startedAt = performance.now();
    const before = this.#pool.totals();
    const suspects: Suspect[] = [];
    const isLastReading = this.#round === 1 && (this.#verify === 'wire' || !this.#staysCached);
    const send = async (items: WorkItems) => {
      suspects.push(...(await this.#sampled(() => this.#pool.run(kind, this.#round, items, isLastReading))));
    };
    const sent = await sendInSegments(this.#images, this.#verify, send, choose);
    if (isLastReading) await this.#dropCold();
    const after = this.#pool.totals();
    this.#meter.totals = after;
    checkLimit(after.nacks);
    const durationMs = performance.now() - startedAt;
    const wireBytes = after.wireBytes - before.wireBytes;
    const zeroBytes = after.zeroBytes - before.zeroBytes;
    const record: RoundRecord = {
      round: this.#round,
      blocks: sent.blocks,
      bytes: after.normalBytes - before.normalBytes + zeroBytes,
      zeroBytes,
      wireBytes,
      durationMs,
      dirtiedBytes: this.#meter.dirtyBytes(),
      mbps: (wireBytes * 8) / 1000 / Math.max(durationMs, 0.001),
      deferredBytes: sent.deferredBytes,
    };
    this.#meter.addRound(record);
    return { record, suspects };
  }

  async #dropCold(): Promise<void> {
    for (const [index, { file, maps }] of this.#images.entries()) await this.#cold[index]?.drop(file, maps);
  }

  /**
   * Proves what is unproven and not dirty. Resolves with the number of mismatches: blocks that differed
   * without a write that explains it. They are dirty again.
   */
  check(): Promise<number> {
    return this.#only(() => this.#check('check'));
  }

  /** As check, while the workload runs: within the scrub's rate, and behind what else the disks have to do. */
  scrub(): Promise<number> {
    return this.#only(() => this.#check('scrub'));
  }

  async #check(kind: 'check' | 'scrub'): Promise<number> {
    if (this.#verify === 'wire') return 0;
    const startedAt = performance.now();
    const plan = await planCheck(this.#images);
    if (plan.items.length === 0) return 0;
    const before = this.#pool.totals();
    this.#meter.scrub.begin();
    // What is read in later rounds was written since, and is the workload's.
    const isLastReading = this.#round === 1;
    const suspects = await this.#pool.run(kind, this.#round, plan.items, isLastReading);
    this.#meter.scrub.end();
    if (isLastReading) await this.#dropCold();
    for (const { maps } of this.#images) maps.holes.proven();
    const after = this.#pool.totals();
    this.#meter.totals = after;
    // What the rate kept back says nothing of how fast the pause could check.
    const waitedMs = (after.scrubWaitMs - before.scrubWaitMs) / Math.min(this.#pool.size, plan.items.length);
    const durationMs = Math.max(1, performance.now() - startedAt - waitedMs);
    this.#meter.addCheck(after.checkedBytes - before.checkedBytes, durationMs);
    return suspects.length === 0 ? 0 : this.#judge(suspects);
  }

  /**
   * A write that was in progress while a block was compared marks it dirty before it leaves the gate.
   * So after a grace period a suspect that is not dirty was changed by nobody that we know of.
   */
  async #judge(suspects: readonly Suspect[]): Promise<number> {
    await Promise.all(this.#images.map((image) => image.maps.gate.quiesce()));
    let mismatches = 0;
    for (const { image: index, block } of suspects) {
      const maps = this.#images[index]?.maps;
      if (maps === undefined) continue;
      const isMismatch = !maps.dirty.has(block);
      if (isMismatch) maps.dirty.setRange(block, 1);
      // After it is dirty: it is in one of the maps at any time.
      maps.checking.clearRange(block, 1);
      if (!isMismatch) continue;
      mismatches += 1;
      this.#meter.mismatchedBytes += Math.min(maps.blockBytes, maps.size - block * maps.blockBytes);
    }
    this.#meter.mismatches += mismatches;
    checkLimit(this.#meter.mismatches);
    return mismatches;
  }

  /** Another lane, while the last one made it faster. What opening it fails with is no reason to stop. */
  #grow(rate: number): void {
    if (this.#growth === undefined || this.#growth.isOver) return;
    this.#idle ??= new IdleProcessors();
    if (!this.#growth.sample(rate, this.#idle.sample())) return;
    this.#pool.grow().then(
      (hasGrown) => {
        if (!hasGrown) this.#growth?.stop();
      },
      // The pool is lost: whoever waits for a pass is told.
      () => this.#growth?.stop(),
    );
  }

  /** Samples the bandwidth while lanes send: each 400 ms and at the end. */
  async #sampled<T>(send: () => Promise<T>): Promise<T> {
    let bytes = this.#pool.totals().ackedWireBytes;
    let since = performance.now();
    const sample = () => {
      const now = performance.now();
      this.#meter.totals = this.#pool.totals();
      const acked = this.#meter.totals.ackedWireBytes;
      // On a slow wire an extent takes longer than an interval: the sample then spans several of them,
      // and a link that stood still shows in the first acknowledgement behind it.
      if (acked === bytes) return;
      this.#meter.bandwidth.sample(acked - bytes, now - since);
      // What is left at the end of a pass says nothing of the number of lanes.
      if (now - since >= BandwidthMeter.sampleMs / 2) this.#grow((acked - bytes) / (now - since));
      bytes = acked;
      since = now;
    };
    const timer = setInterval(sample, BandwidthMeter.sampleMs);
    try {
      return await send();
    } finally {
      clearInterval(timer);
      sample();
    }
  }
}

function checkLimit(count: number): void {
  if (count > LIMITS.mismatches) throw new GodwitError('E_MISMATCH_LIMIT', { count, limit: LIMITS.mismatches });
}
