import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { fromSerialized, GodwitError } from '@godwit/errors';
import { isRecord } from '../client/viewGuard.js';
import { contentOf, randomSource, SECTOR_BYTES, STRIPE_BYTES, type WriteRecord } from './writeRecord.js';

/** Which part of the image a writer writes to, and how fast. */
export interface WriterPlan {
  readonly index: number;
  /** How many writers share the image; stripe n belongs to writer n modulo this. */
  readonly writers: number;
  readonly imageBytes: number;
  /** `http://host:port/v1/images/NAME` at the source. */
  readonly imageUrl: string;
  /** Between a write's answer and the next write. */
  readonly pauseMs: number;
}

/** A write that began at the source and ended at the destination. */
export interface Crossing {
  /** From its first attempt to the destination's acknowledgement. */
  readonly totalMs: number;
  /** Of it, until the source said where to go. */
  readonly atSourceMs: number;
}

/** Most writes go to few places, as a database's do; the others go anywhere. */
const HOT_STRIPES = 8;
const HOT_SHARE = 0.8;
const SECTORS_MAXIMUM = 16;
/** Between a destination's "not yet mine" and the next attempt. */
const RETRY_MS = 2;

/**
 * A client of the HTTP write path that knows nothing of migrations but that a write may be answered with
 * 421 and a location: it then sends the same write there, and all that follow. Keeps a record of every
 * acknowledged write and of how long each took.
 */
export class ImageWriter {
  readonly records: WriteRecord[] = [];
  /** How long each acknowledged write took, from its first attempt, in ms. */
  readonly latenciesMs: number[] = [];
  /** The write that the destination acknowledged first: the pause, as this writer felt it. */
  crossing: Crossing | undefined;
  readonly #plan: WriterPlan;
  readonly #random: () => number;
  readonly #connection = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #ownStripes: number;
  #url: string;
  #movedAtMs = 0;

  constructor(plan: WriterPlan) {
    this.#plan = plan;
    this.#url = plan.imageUrl;
    this.#random = randomSource(plan.index + 1);
    this.#ownStripes = Math.floor((plan.imageBytes / STRIPE_BYTES - plan.index - 1) / plan.writers) + 1;
  }

  get moved(): boolean {
    return this.#url !== this.#plan.imageUrl;
  }

  /** Writes until `stop`, always finishing the write that is under way. Throws what a write was refused with. */
  async run(stop: AbortSignal): Promise<void> {
    try {
      while (!stop.aborted) {
        await this.#writeOnce(stop);
        await wait(this.#plan.pauseMs);
      }
    } finally {
      this.#connection.destroy();
    }
  }

  async #writeOnce(stop: AbortSignal): Promise<void> {
    const sectors = 1 + (this.#random() % SECTORS_MAXIMUM);
    const length = sectors * SECTOR_BYTES;
    const firstSector = this.#random() % (STRIPE_BYTES / SECTOR_BYTES - sectors + 1);
    const offset = this.#stripe() * STRIPE_BYTES + firstSector * SECTOR_BYTES;
    const seed = (this.records.length * this.#plan.writers + this.#plan.index) >>> 0;
    const startedMs = performance.now();
    if (!(await this.#put(offset, contentOf(seed, length), stop))) return;
    const tookMs = performance.now() - startedMs;
    if (this.moved) this.crossing ??= { totalMs: tookMs, atSourceMs: this.#movedAtMs - startedMs };
    this.latenciesMs.push(tookMs);
    this.records.push({ offset, length, seed, afterSwitch: this.moved });
  }

  #stripe(): number {
    const hot = this.#random() / 2 ** 32 < HOT_SHARE;
    const own = this.#random() % (hot ? Math.min(HOT_STRIPES, this.#ownStripes) : this.#ownStripes);
    return own * this.#plan.writers + this.#plan.index;
  }

  /** True once acknowledged; false when it was refused with "not mine" until `stop`. Follows a move. */
  async #put(offset: number, data: Buffer, stop: AbortSignal): Promise<boolean> {
    for (;;) {
      const answer = await put(this.#connection, `${this.#url}/bytes?offset=${offset}`, data);
      if (answer.status === 204) return true;
      const body: unknown = answer.body === '' ? undefined : JSON.parse(answer.body);
      if (!isRecord(body) || typeof body['code'] !== 'string' || typeof body['message'] !== 'string') {
        throw new GodwitError('E_PEER', { code: `HTTP ${answer.status}`, detail: answer.body });
      }
      if (body['code'] === 'E_MOVED' && typeof body['location'] === 'string') {
        this.#url = body['location'];
        this.#movedAtMs = performance.now();
      } else if (body['code'] !== 'E_NOT_OWNER' || !this.moved) {
        throw fromSerialized({ code: body['code'], message: body['message'] });
      } else if (stop.aborted) return false;
      else await wait(RETRY_MS);
    }
  }
}

/** One PUT; node:http and not fetch, for what is measured here is the pause and not the client. */
async function put(agent: Agent, url: string, data: Buffer): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': data.length };
    const outgoing = request(url, { method: 'PUT', agent, headers }, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('error', reject);
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(pieces).toString() }));
    });
    outgoing.on('error', reject);
    outgoing.end(data);
  });
}
