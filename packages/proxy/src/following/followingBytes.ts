import { problemOf } from '@godwit/errors';
import {
  type BlockExtent,
  type ChangeFlags,
  type ExportBytes,
  formatNbdAddress,
  type NbdClient,
  NbdError,
  probeExport,
  type RequestOrigin,
} from '@godwit/nbd';
import { LIMITS } from '@godwit/protocol';
import { type Found, seekOwner } from '../owners/seekOwner.js';
import { BackOff } from '../time/backOff.js';
import { Patience } from '../time/patience.js';
import { pause } from '../time/time.js';
import { goneError, type Held, hold, isAnswer } from './held.js';
import type { FollowedExport, FollowingParts } from './parts.js';
import { PayloadPool } from './payloadPool.js';
import { Standbys } from './standbys.js';
import { Upstream } from './upstream.js';
import * as upstreamCalls from './upstreamCalls.js';

/** For all clients: what one of them may have in flight. */
const PAYLOADS = new PayloadPool(LIMITS.nbdInFlightBytes);
/** Answers of an owner that left come in one go with the first ESHUTDOWN; for those that do not, this long. */
const LEAVING_MS = 500;

/**
 * What the upstream side of one client connection does.
 *
 * ```mermaid
 * stateDiagram-v2
 *   [*] --> seeking
 *   seeking --> serving: an address serves the export; everything unanswered is sent in its order
 *   serving --> leaving: ESHUTDOWN, or the connection is lost
 *   leaving --> seeking: nothing is in flight any more
 *   seeking --> ended: patience is over, the size differs
 *   seeking --> ended: the client left
 *   serving --> ended: the client left
 *   leaving --> ended: the client left
 * ```
 */
type State =
  | { readonly kind: 'seeking'; readonly abort: AbortController }
  | { readonly kind: 'serving'; readonly upstream: Upstream }
  | { readonly kind: 'leaving'; readonly upstream: Upstream; readonly stopWaiting: () => void }
  | { readonly kind: 'ended' };

/**
 * The bytes of one client connection, which are at whoever owns the image.
 *
 * A request is held, with its payload, from its arrival to its answer. When the owner says ESHUTDOWN or is lost,
 * what it still answers is waited for, then the next owner is sought and gets everything unanswered in
 * the order in which it arrived. That is sound: a request that was answered with ESHUTDOWN did not
 * happen; one whose answer is lost may have happened and happens again, which is the same, because its
 * client, not having seen an answer, has to count on its happening at any time until then. (A client that has
 * two overlapping writes in flight at once has no right to an order of them; the protocol gives it none.) A flush that is sent
 * again covers what was answered before it: that is in the image which the new owner took over.
 */
export class FollowingBytes implements ExportBytes {
  readonly size: number;
  /** Resolves when the client is not served any more. */
  readonly withdrawn: Promise<void>;
  readonly #export: FollowedExport;
  readonly #parts: FollowingParts;
  readonly #held = new Set<Held>();
  #withdraw: () => void = () => undefined;
  #state: State = { kind: 'ended' };
  readonly #backOff = new BackOff();
  readonly #standbys: Standbys;
  /** The last owner answered nothing before it was left. */
  #wasFruitless = false;
  readonly #patience: Patience;

  constructor(followed: FollowedExport, parts: FollowingParts) {
    this.#export = followed;
    this.#parts = parts;
    this.size = followed.size;
    this.#standbys = new Standbys(followed, parts);
    this.withdrawn = new Promise((resolve) => {
      this.#withdraw = resolve;
    });
    this.#patience = new Patience(parts.time, parts.patienceMs, () => this.#judgePatience());
    this.#seek();
  }

  read(offset: number, target: Uint8Array, origin: RequestOrigin): Promise<void> {
    return this.#forward(origin, (client) => client.read(offset, target));
  }

  write(offset: number, data: Uint8Array, flags: ChangeFlags, origin: RequestOrigin): Promise<void> {
    const room = PAYLOADS.take(data.length);
    const kept = room.subarray(0, data.length);
    kept.set(data);
    const answer = this.#forward(origin, (client) => upstreamCalls.write(client, offset, kept, flags));
    // Of one that failed a part may still wait to be sent.
    return answer.then(() => PAYLOADS.give(room));
  }

  writeZeroes(offset: number, length: number, flags: ChangeFlags, origin: RequestOrigin): Promise<void> {
    return this.#forward(origin, (client) => upstreamCalls.writeZeroes(client, offset, length, flags));
  }

  trim(offset: number, length: number, flags: ChangeFlags, origin: RequestOrigin): Promise<void> {
    return this.#forward(origin, (client) => upstreamCalls.trim(client, offset, length, flags));
  }

  flush(origin: RequestOrigin): Promise<void> {
    return this.#forward(origin, (client) => upstreamCalls.flush(client));
  }

  cache(offset: number, length: number, origin: RequestOrigin): Promise<void> {
    return this.#forward(origin, (client) => upstreamCalls.cache(client, offset, length));
  }

  async blockStatus(
    context: string,
    offset: number,
    length: number,
    maximum: number,
    origin: RequestOrigin,
  ): Promise<BlockExtent[]> {
    const extents = await this.#forward(origin, (client) => upstreamCalls.blockStatus(client, context, offset, length));
    return extents.slice(0, maximum);
  }

  /** Ends all this if a client with unanswered requests is known to have gone: they must not be carried out later. */
  endIfClientLeft(): void {
    if ([...this.#held].some(({ origin }) => origin.hasLeft())) this.close();
  }

  /** The client's connection has ended: whatever is held is dropped. */
  close(): void {
    this.#end('the client has left');
  }

  #forward<T>(origin: RequestOrigin, call: (client: NbdClient) => Promise<T>): Promise<T> {
    const state = this.#state;
    if (state.kind === 'ended') return Promise.reject(goneError('the export is not served any more'));
    const { held, answer } = hold(origin, call);
    this.#held.add(held);
    if (state.kind === 'serving') this.#send(held, state.upstream);
    else this.#patience.start();
    return answer;
  }

  #send(held: Held, upstream: Upstream): void {
    upstream.inFlight += 1;
    upstream.watch.start();
    held.perform(upstream.client).then(
      () => this.#settled(held, upstream, undefined),
      (error: unknown) => this.#settled(held, upstream, { error }),
    );
  }

  #settled(held: Held, upstream: Upstream, failure: { readonly error: unknown } | undefined): void {
    upstream.inFlight -= 1;
    if (failure === undefined || isAnswer(failure.error)) {
      upstream.answered += 1;
      this.#held.delete(held);
      this.#patience.restore();
      this.#backOff.reset();
      if (failure !== undefined) held.fail(failure.error);
    } else {
      // The only errno that is no answer is ESHUTDOWN: the owner sends us away. A lost one may be found again.
      if (failure.error instanceof NbdError) this.#parts.owners.left(this.#export.name, upstream.address);
      this.#leave(upstream, problemOf(failure.error));
    }
    this.#goOnFrom(upstream);
  }

  /** No more requests for this owner. */
  #leave(upstream: Upstream, reason: string): void {
    if (this.#state.kind !== 'serving' || this.#state.upstream !== upstream) return;
    upstream.watch.stop();
    // Destroying it fails what is in flight, and so ends the wait.
    const stopWaiting = this.#parts.time.after(LEAVING_MS, () => upstream.client.destroy());
    this.#state = { kind: 'leaving', upstream, stopWaiting };
    if (this.#held.size > 0) this.#patience.start();
    const about = { export: this.#export.name, address: formatNbdAddress(upstream.address) };
    this.#parts.log.debug({ ...about, reason, unanswered: this.#held.size }, 'the owner is left');
  }

  /** Once the owner that is being left has nothing more to say, the next one is sought. */
  #goOnFrom(upstream: Upstream): void {
    const state = this.#state;
    if (state.kind !== 'leaving' || state.upstream !== upstream || upstream.inFlight > 0) return;
    state.stopWaiting();
    upstream.client.destroy();
    if (this.#patience.over) this.#giveUp();
    else this.#seek(this.#wasFruitless && upstream.answered === 0 ? this.#backOff.next() : 0);
    this.#wasFruitless = upstream.answered === 0;
  }

  /** @param waitMs before the first address is asked: owners that answer nothing are not asked in a hot loop */
  #seek(waitMs = 0): void {
    const abort = new AbortController();
    this.#state = { kind: 'seeking', abort };
    this.#findNext(waitMs, abort.signal).then(
      (found) => found && this.#serve(found),
      (error: unknown) => {
        this.#parts.log.error({ export: this.#export.name, reason: problemOf(error) }, 'no owner can be sought');
        this.#end('the export cannot be followed');
      },
    );
  }

  async #findNext(waitMs: number, signal: AbortSignal): Promise<Found | undefined> {
    if (waitMs > 0) await pause(this.#parts.time, waitMs, signal);
    return signal.aborted ? undefined : seekOwner(this.#export, this.#parts, this.#standbys, this.#backOff, signal);
  }

  #serve({ address, client }: Found): void {
    if (this.#state.kind !== 'seeking') {
      client.destroy();
      return;
    }
    const { log, owners, time } = this.#parts;
    if (client.size !== this.size) {
      const about = { export: this.#export.name, address: formatNbdAddress(address) };
      log.error(
        { ...about, before: this.size, now: client.size },
        'the size of the export differs; its client is closed',
      );
      client.destroy();
      this.#end('the size of the export differs');
      return;
    }
    const upstream = new Upstream(client, address, time, () => this.#askAnew(upstream));
    this.#state = { kind: 'serving', upstream };
    void client.ended.then(() => {
      this.#leave(upstream, 'the connection has ended');
      this.#goOnFrom(upstream);
    });
    this.endIfClientLeft();
    owners.serves(this.#export.name, address);
    for (const held of this.#held) this.#send(held, upstream);
    this.#standbys.keepFor(address);
  }

  /** A silent owner that is still there when asked anew is slow, or holds requests for a switch; another is lost. */
  #askAnew(upstream: Upstream): void {
    this.endIfClientLeft();
    if (upstream.client.hasEnded) return;
    probeExport(upstream.address, this.#export.name, this.#parts.reach(upstream.address)).catch((error: unknown) => {
      const about = { export: this.#export.name, address: formatNbdAddress(upstream.address) };
      this.#parts.log.warn({ ...about, reason: problemOf(error) }, 'the owner fell silent');
      upstream.client.destroy();
    });
  }

  /** Patience is over: that ends it unless an owner is there, which may take its time. */
  #judgePatience(): void {
    if (this.#state.kind === 'seeking' || this.#state.kind === 'leaving') this.#giveUp();
  }

  #giveUp(): void {
    const about = { export: this.#export.name, unanswered: this.#held.size, patienceMs: this.#parts.patienceMs };
    this.#parts.log.warn(about, 'no owner was found in time; its client is closed');
    this.#end('no owner was found in time');
  }

  #end(reason: string): void {
    const state = this.#state;
    if (state.kind === 'ended') return;
    this.#state = { kind: 'ended' };
    this.#standbys.close();
    this.#patience.restore();
    if (state.kind === 'seeking') state.abort.abort();
    else state.upstream.watch.stop();
    if (state.kind === 'leaving') state.stopWaiting();
    if (state.kind !== 'seeking') state.upstream.client.destroy();
    for (const held of this.#held) held.fail(goneError(reason));
    this.#held.clear();
    this.#withdraw();
  }
}
