import { Encoding } from '@godwit/protocol';
import { digestsOf, hashHalves } from './digests.js';
import { WireConnection } from './wireConnection.js';

const EXTENT_BYTES = 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;
const HEARTBEAT_MS = 300;
/** What the source owns; the destination will own the next. */
const EPOCH = 1;
export const MIGRATION_ID = '11111111-2222-4333-8444-555555555555';
/** Of a source that does not say who it is. */
const NO_SOURCE = { migrationId: MIGRATION_ID, sourceId: '' };

/**
 * A source of protocol version `version` with one image in memory, by the letter of frameType.ts: one
 * lane, one round, one check pass, handover. It sends no Progress and no heartbeat echo, as version 1.
 */
export class FakeSource {
  readonly #image: Buffer;
  readonly #name: string;
  readonly #version: number;
  /** What it says runs on the image. */
  readonly #workload: string;
  readonly #ids: { readonly migrationId: string; readonly sourceId: string };
  #sequence = 0;

  constructor(name: string, image: Buffer, version: number, workload = '', ids = NO_SOURCE) {
    this.#ids = ids;
    this.#workload = workload;
    this.#name = name;
    this.#image = image;
    this.#version = version;
  }

  /** Runs the whole migration; resolves with what the control channel received. */
  async moveTo(port: number): Promise<WireConnection> {
    const control = await this.#greet(port);
    const heartbeat = setInterval(() => control.send('Heartbeat', { sentAtMs: Date.now(), echoMs: 0 }), HEARTBEAT_MS);
    try {
      const lane = await this.#offer(control, port);
      const extents = this.#sendExtents(lane);
      await this.#acknowledged(lane);
      this.#endRound(control, extents);
      await control.next('RoundSynced');
      this.#sendChecks(lane);
      await this.#acknowledged(lane);
      await this.#handOver(control);
      lane.close();
      return control;
    } finally {
      clearInterval(heartbeat);
    }
  }

  async #greet(port: number): Promise<WireConnection> {
    const control = await WireConnection.dial(port, 'control', this.#version);
    control.send('Hello', { ...this.#hello(), migrationId: '', sessionKey: '' });
    const { version } = await control.next('HelloAck');
    if (version !== this.#version) throw new Error(`the destination chose version ${version}`);
    return control;
  }

  #hello() {
    return { agentVersion: 'fake', token: '', lane: 0, heartbeatMs: HEARTBEAT_MS };
  }

  /** Offers, and waits for nothing. */
  async offerOnly(port: number): Promise<WireConnection> {
    const control = await this.#greet(port);
    this.#sendOffer(control);
    return control;
  }

  async #offer(control: WireConnection, port: number): Promise<WireConnection> {
    this.#sendOffer(control);
    const { sessionKey } = await control.next('Accept');
    const lane = await WireConnection.dial(port, 'lane', this.#version);
    lane.send('Hello', { ...this.#hello(), migrationId: this.#ids.migrationId, sessionKey });
    await lane.next('HelloAck');
    return lane;
  }

  #sendOffer(control: WireConnection): void {
    const sizeBytes = this.#image.length;
    const offered = { name: this.#name, kind: 'disk', sizeBytes, blockBytes: BLOCK_BYTES } as const;
    const images = [{ ...offered, allocatedBytes: sizeBytes, epoch: EPOCH }];
    const rest = {
      mode: 'live',
      verify: 'full',
      lanes: 1,
      attempt: 0,
      patienceMs: 0,
      seed: false,
      workload: this.#workload,
      document: '',
    } as const;
    control.send('Offer', { ...this.#ids, images, ...rest });
  }

  #sendExtents(lane: WireConnection): number {
    let sent = 0;
    for (let offset = 0; offset < this.#image.length; offset += EXTENT_BYTES) {
      const bytes = this.#image.subarray(offset, offset + EXTENT_BYTES);
      const place = { seq: ++this.#sequence, round: 1, image: 0, offset };
      lane.send('Extent', { ...place, rawBytes: bytes.length, encoding: Encoding.raw, ...hashHalves(bytes) }, bytes);
      sent++;
    }
    return sent;
  }

  #sendChecks(lane: WireConnection): void {
    for (let offset = 0; offset < this.#image.length; offset += EXTENT_BYTES) {
      const bytes = this.#image.subarray(offset, offset + EXTENT_BYTES);
      const header = { seq: ++this.#sequence, image: 0, offset, length: bytes.length };
      lane.send('Check', header, digestsOf(bytes, BLOCK_BYTES));
    }
  }

  /** Waits for the cumulative Ack of everything; a NACK or a difference is not expected. */
  async #acknowledged(lane: WireConnection): Promise<void> {
    for (;;) {
      const { seq } = await lane.next('Ack');
      const bad = lane.received.find(({ type }) => type === 'Nack' || type === 'CheckResult');
      if (bad !== undefined) throw new Error(`the destination answered ${bad.type}`);
      if (seq >= this.#sequence) return;
    }
  }

  #endRound(control: WireConnection, extents: number): void {
    const bytes = this.#image.length;
    const moved = {
      round: 1,
      blocks: Math.ceil(bytes / BLOCK_BYTES),
      bytes,
      zeroBytes: 0,
      wireBytes: bytes + extents * 64,
    };
    control.send('RoundEnd', { ...moved, durationMs: 1, dirtiedBytes: 0, mbps: 1 });
  }

  async #handOver(control: WireConnection): Promise<void> {
    const verifiedBytes = this.#image.length;
    const verifiedBlocks = Math.ceil(verifiedBytes / BLOCK_BYTES);
    control.send('Prepare', { verifiedBlocks, verifiedBytes, mismatches: 0 });
    await control.next('Prepared');
    control.send('Commit', { migrationId: this.#ids.migrationId, epochs: [EPOCH] });
    const { epochs } = await control.next('Taken');
    if (epochs.join() !== String(EPOCH + 1)) throw new Error(`the destination owns epoch ${epochs.join()}`);
    const parts = { drainMs: 0, finalRoundMs: 0, verifyMs: 0, persistMs: 0, takeoverMs: 1 };
    control.send('Released', { totalMs: 1, ...parts });
  }
}
