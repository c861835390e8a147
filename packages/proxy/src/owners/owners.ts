import { formatNbdAddress, type NbdAddress } from '@godwit/nbd';

/** What the proxy says when an export is found elsewhere, or nowhere. */
export interface OwnerLog {
  info(about: object, message: string): void;
  warn(about: object, message: string): void;
}

/** Who served each export last, known to all connections of the proxy: whom to ask first. */
export class Owners {
  readonly #addresses: readonly NbdAddress[];
  readonly #log: OwnerLog;
  /** By export name; only exports that an address served, so no client can make it grow. */
  readonly #last = new Map<string, NbdAddress>();
  /** The address that said of an export that it has left there. */
  readonly #left = new Map<string, NbdAddress>();
  /** Those that nobody served for longer than a switch takes, and of which that was said. */
  readonly #missing = new Set<string>();

  constructor(addresses: readonly NbdAddress[], log: OwnerLog) {
    this.#addresses = addresses;
    this.#log = log;
  }

  get addresses(): readonly NbdAddress[] {
    return this.#addresses;
  }

  /** In which order to ask for an export: who served it last, then the others as given, then who sent us away. */
  order(name: string): readonly NbdAddress[] {
    const rank = (address: NbdAddress) => {
      if (address === this.#left.get(name)) return 2;
      return address === this.#last.get(name) ? 0 : 1;
    };
    return this.#addresses.toSorted((one, other) => rank(one) - rank(other));
  }

  /** `address` serves the export. */
  serves(name: string, address: NbdAddress): void {
    const before = this.#last.get(name);
    this.#last.set(name, address);
    this.#left.delete(name);
    const wasMissing = this.#missing.delete(name);
    const about = { export: name, owner: formatNbdAddress(address) };
    if (before === address) {
      if (wasMissing) this.#log.info(about, 'the owner is back');
      return;
    }
    if (before === undefined) this.#log.info(about, 'the owner was found');
    else this.#log.info({ ...about, before: formatNbdAddress(before) }, 'the owner changed');
  }

  /** No address serves the export, and that has lasted. */
  missing(name: string): void {
    if (this.#missing.has(name)) return;
    this.#missing.add(name);
    this.#log.warn({ export: name }, 'no address serves the export; its requests are held');
  }

  /** `address`, which served the export, answered that it is not there any more. */
  left(name: string, address: NbdAddress): void {
    // A connection that learns late must not put the new owner's rank at risk.
    if (this.#last.get(name) === address) this.#left.set(name, address);
  }
}
