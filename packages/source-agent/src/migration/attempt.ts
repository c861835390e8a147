import { toGodwitError } from '@godwit/errors';
import type { Announcer } from './announcer.js';
import type { Convergence } from './convergence.js';
import { guarded } from './guard.js';
import { type Link, type Offered, openLink, type Peer } from './link.js';
import type { MigrationMeter } from './meter.js';
import { Passes } from './passes.js';
import { TakeoverHook } from './takeoverHook.js';

export interface AttemptParts {
  readonly peer: Peer;
  readonly offered: Offered;
  readonly meter: MigrationMeter;
  readonly announcer: Announcer;
  readonly convergence: Convergence;
  /** Ends the migration, and with it the attempt. */
  readonly stop: AbortSignal;
}

/**
 * A migration between the Accept of an Offer and the loss of its link: owns the link and what runs over it. Most
 * migrations have one; each that follows a lost link begins with the maps that the one before left.
 */
export class Attempt {
  readonly link: Link;
  readonly passes: Passes;
  readonly takeoverHook: TakeoverHook;
  /** Aborted when the link is lost, and when the migration ends. */
  readonly signal: AbortSignal;
  #closed: Promise<void> | undefined;

  private constructor({ offered, meter, announcer, convergence, stop }: AttemptParts, link: Link) {
    this.link = link;
    this.passes = new Passes(
      offered.images.map(({ live }) => live),
      link,
      meter,
      offered.request.verify,
    );
    this.takeoverHook = new TakeoverHook(link.channel);
    const lost = new AbortController();
    const lose = (error: unknown) => lost.abort(toGodwitError(error));
    link.channel.closed.then(lose, lose);
    link.pool.lost.catch(lose);
    link.channel.on('RoundSynced', ({ durationMs }) => convergence.synced(durationMs));
    this.signal = AbortSignal.any([stop, lost.signal]);
    announcer.linked(link);
  }

  /** Dials, offers, opens the lanes. Rejects with what the destination says, with the stop's reason, or as openLink. */
  static async begin(parts: AttemptParts): Promise<Attempt> {
    const { peer, offered, meter, stop } = parts;
    const link = await openLink(peer, offered, meter.totals, stop);
    if (stop.aborted) {
      // The migration ended while the lanes were opening; nobody else knows of this link.
      link.channel.close();
      await link.pool.close();
      throw stop.reason;
    }
    return new Attempt(parts, link);
  }

  /** Settles as `work` does, or rejects as soon as the link is lost or the migration ends. */
  guard<T>(work: Promise<T>): Promise<T> {
    return guarded(this.signal, work);
  }

  /** Ends the lanes; when it resolves no pass touches the maps any more. The channel stays, for a farewell. */
  endLanes(): Promise<void> {
    this.#closed ??= this.#endLanes();
    return this.#closed;
  }

  async #endLanes(): Promise<void> {
    await this.link.pool.close();
    // A pass that is still planning may yet move bits to in-flight.
    await this.passes.ended();
  }

  /** Lets everything go. */
  async close(): Promise<void> {
    this.link.channel.close();
    await this.endLanes();
  }
}
