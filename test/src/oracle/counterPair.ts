import type { ApiClient } from '../harness/apiClient.js';
import { errorBodyOf, httpCall, keepAliveAgent } from '../harness/httpCall.js';

/** One counter write as it went. */
export interface CounterWrite {
  readonly image: string;
  readonly value: number;
  readonly agentUrl: string;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

/**
 * A workload whose two images only make sense together: the same growing counter is written to the
 * first image and, once that was acknowledged, to the second. At any instant first - second is 0 or 1.
 */
export class CounterPair {
  readonly writes: CounterWrite[] = [];
  readonly #images: readonly [string, string];
  readonly #agent = keepAliveAgent(1);
  readonly #urls: Map<string, string>;
  #running: Promise<void> | undefined;
  #stopping = false;

  constructor(api: ApiClient, images: readonly [string, string]) {
    this.#images = images;
    this.#urls = new Map(images.map((name) => [name, api.imageUrl(name)]));
  }

  /** With `follow` the writer goes on at the destination; otherwise it ends at the first refusal. */
  start({ follow }: { readonly follow: boolean }): void {
    this.#running = this.#count(follow);
    this.#running.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.ended();
  }

  /** Resolves when the writer ended by itself or by stop(). */
  async ended(): Promise<void> {
    await this.#running;
    this.#agent.destroy();
  }

  async #count(follow: boolean): Promise<void> {
    for (let value = 1; !this.#stopping; value++) {
      for (const image of this.#images) {
        if (!(await this.#put(image, value, follow))) return;
      }
    }
  }

  async #put(image: string, value: number, follow: boolean): Promise<boolean> {
    const sentAtMs = performance.now();
    for (;;) {
      const url = this.#urls.get(image) ?? '';
      const body = counterBytes(value);
      const answer = await httpCall({
        method: 'PUT',
        url: `${url}/bytes?offset=0`,
        headers: { 'content-type': 'application/octet-stream' },
        body,
        agent: this.#agent,
      });
      if (answer.status < 300) {
        this.writes.push({ image, value, agentUrl: new URL(url).origin, sentAtMs, answeredAtMs: performance.now() });
        return true;
      }
      const { code, message, location } = errorBodyOf(answer);
      if (code !== 'E_MOVED' || location === undefined) throw new Error(`counter write failed: ${code} ${message}`);
      if (!follow) return false;
      this.#urls.set(image, location);
    }
  }
}

/** A counter as it stands in the image. */
function counterBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** The counter in an image's first bytes. */
export function counterOf(bytes: Buffer): number {
  return Number(bytes.readBigUInt64LE(0));
}
