/**
 * Who has connected and not said hello yet, in order of coming, and who makes way when there is no more room.
 *
 * A source says its hello with its first packet, so it is here for one round trip; whoever stays is slow on purpose or by
 * a broken network. So not the newcomer is turned away but the oldest, of the address that has most here: somebody who
 * holds all places from one address pushes out himself, however he drips, and one who has many addresses has to come anew for all
 * places within the round trip of each source.
 */
export class WaitingRoom<T> {
  readonly #places: number;
  readonly #byAddress = new Map<string, Set<T>>();
  #size = 0;

  constructor(places: number) {
    this.#places = places;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes it in; answers with the one that has to leave for it, which is out already. */
  enter(address: string, newcomer: T): T | undefined {
    const isFull = this.#size >= this.#places;
    const evicted = isFull ? this.#oldestOfMost() : undefined;
    const own = this.#byAddress.get(address) ?? new Set();
    this.#byAddress.set(address, own.add(newcomer));
    this.#size += 1;
    return evicted;
  }

  leave(address: string, guest: T): void {
    const own = this.#byAddress.get(address);
    if (own?.delete(guest) !== true) return;
    this.#size -= 1;
    if (own.size === 0) this.#byAddress.delete(address);
  }

  #oldestOfMost(): T | undefined {
    let address = '';
    let most: Set<T> | undefined;
    for (const [from, guests] of this.#byAddress) {
      if (most !== undefined && guests.size <= most.size) continue;
      address = from;
      most = guests;
    }
    const [oldest] = most ?? [];
    if (oldest !== undefined) this.leave(address, oldest);
    return oldest;
  }
}
