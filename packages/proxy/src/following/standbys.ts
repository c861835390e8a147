import { problemOf } from '@godwit/errors';
import { formatNbdAddress, type NbdAddress, NbdClient } from '@godwit/nbd';
import { waitFor } from '../time/time.js';
import type { FollowedExport, FollowingParts } from './parts.js';

/** A server that takes over has answered, or does so within this: an answer on its way is quicker than a new connection. */
const MOMENT_MS = 20;
/** So long after an owner was found, for what its client waited for comes first. */
const REST_MS = 250;
/** A server that does not let its clients wait is asked again after so long at first, and each time after twice as long. */
const FIRST_RETRY_MS = 10_000;
const LONGEST_RETRY_MS = 320_000;

/** A connection to one address, made ahead. */
interface Standby {
  readonly abort: AbortController;
  /** Resolves when it is known whether the server serves the export; never rejects. */
  readonly settled: Promise<void>;
  isSettled: boolean;
  client: NbdClient | undefined;
}

/**
 * For one client of the proxy, connections to the addresses that do not serve its export: connected, the handshake behind
 * them but for the server's word that it serves the export now. A destination says so in the moment of the takeover, and
 * what is unanswered can be sent at once. Nothing is sent on any of them before the owner has been left, in the order of
 * `Owners`: that another server says that it serves the export is no reason to leave one that does.
 */
export class Standbys {
  readonly #wanted: FollowedExport;
  readonly #parts: FollowingParts;
  readonly #standbys = new Map<NbdAddress, Standby>();
  readonly #retries = new Map<NbdAddress, { cancel: () => void; nextMs: number }>();
  #tellAnswered: () => void = () => undefined;
  #owner: NbdAddress | undefined;
  #isClosed = false;
  #cancelOpening: () => void = () => undefined;

  constructor(wanted: FollowedExport, parts: FollowingParts) {
    this.#wanted = wanted;
    this.#parts = parts;
  }

  /** From now on `owner` serves: the connections are those to the others, made in a moment when nobody is in a hurry. */
  keepFor(owner: NbdAddress): void {
    this.#owner = owner;
    this.#drop(owner);
    this.#cancelOpening();
    this.#cancelOpening = this.#parts.time.after(REST_MS, () => this.#openOthers());
  }

  #openOthers(): void {
    const owner = this.#owner;
    for (const address of this.#parts.owners.addresses) {
      if (address !== owner && !this.#standbys.has(address) && !this.#retries.has(address)) this.#open(address);
    }
  }

  /** The connection to `address`, the caller's from now on; undefined when its server does not say that it serves the export. */
  async claim(address: NbdAddress, signal: AbortSignal): Promise<NbdClient | undefined> {
    const standby = this.#standbys.get(address);
    if (standby === undefined) return undefined;
    if (!standby.isSettled) await waitFor(MOMENT_MS, standby.settled, this.#parts.time, signal);
    const { client } = standby;
    if (client === undefined || this.#standbys.get(address) !== standby) return undefined;
    this.#standbys.delete(address);
    return client.hasEnded ? undefined : client;
  }

  /** Resolves when another server says that it serves the export; may resolve for less. */
  answered(): Promise<void> {
    return new Promise((resolve) => {
      this.#tellAnswered = resolve;
    });
  }

  /** The client has left. */
  close(): void {
    this.#isClosed = true;
    this.#cancelOpening();
    for (const address of [...this.#standbys.keys()]) this.#drop(address);
    for (const { cancel } of this.#retries.values()) cancel();
    this.#retries.clear();
  }

  #open(address: NbdAddress): void {
    const abort = new AbortController();
    const { name, contexts } = this.#wanted;
    const options = { contexts, ...this.#parts.reach(address) };
    const settled = NbdClient.standBy(address, name, options, abort.signal).then(
      (client) => this.#serves(address, standby, client),
      (error: unknown) => this.#failed(address, standby, error),
    );
    const standby: Standby = { abort, settled, isSettled: false, client: undefined };
    this.#standbys.set(address, standby);
  }

  #serves(address: NbdAddress, standby: Standby, client: NbdClient): void {
    standby.isSettled = true;
    if (this.#standbys.get(address) !== standby) {
      client.destroy();
      return;
    }
    standby.client = client;
    void client.ended.then((reason) => this.#failed(address, standby, reason));
    this.#tellAnswered();
  }

  /** Not there, or not there any more. */
  #failed(address: NbdAddress, standby: Standby, reason: unknown): void {
    standby.isSettled = true;
    if (this.#standbys.get(address) !== standby) return;
    this.#standbys.delete(address);
    const about = { export: this.#wanted.name, address: formatNbdAddress(address), reason: problemOf(reason) };
    this.#parts.log.debug(about, 'no connection ahead of a switch');
    this.#retryLater(address);
  }

  #retryLater(address: NbdAddress): void {
    if (this.#isClosed) return;
    const waitMs = this.#retries.get(address)?.nextMs ?? FIRST_RETRY_MS;
    const cancel = this.#parts.time.after(waitMs, () => {
      if (address === this.#owner) this.#retries.delete(address);
      else this.#open(address);
    });
    this.#retries.set(address, { cancel, nextMs: Math.min(LONGEST_RETRY_MS, waitMs * 2) });
  }

  #drop(address: NbdAddress): void {
    const standby = this.#standbys.get(address);
    this.#standbys.delete(address);
    standby?.abort.abort();
    standby?.client?.destroy();
    this.#retries.get(address)?.cancel();
    this.#retries.delete(address);
  }
}
