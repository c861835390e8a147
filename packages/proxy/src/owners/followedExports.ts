import { GodwitError, problemOf } from '@godwit/errors';
import {
  type Export,
  type Exports,
  formatNbdAddress,
  type ListedExport,
  listExports,
  type NbdAddress,
  type OpenExport,
  OptionReply,
  type ProbedExport,
  probeExport,
  refusalOf,
  TransmissionFlag,
} from '@godwit/nbd';
import { FollowingBytes } from '../following/followingBytes.js';
import type { FollowedExport, FollowingParts } from '../following/parts.js';
import { BackOff } from '../time/backOff.js';
import { pause } from '../time/time.js';

/** A client that asks for an export while its owner cannot be found waits so long for "unknown". */
const FINDING_MS = 10_000;

/** isAbsent: certainly not there; otherwise that cannot be told, or it has just left for another address. */
type Answer = ProbedExport | { readonly isAbsent: boolean; readonly reason: string };

/** The exports as one client of the proxy uses them. */
export interface ClientExports extends Exports {
  /** The client's connection has ended: what it has unanswered is dropped now, not when it would be answered. */
  leave(): void;
}

/** The exports of all addresses, each wherever it is. */
export class FollowedExports {
  readonly #parts: FollowingParts;
  readonly #open = new Set<FollowingBytes>();

  constructor(parts: FollowingParts) {
    this.#parts = parts;
  }

  forClient(): ClientExports {
    const opened = new Set<FollowingBytes>();
    const left = new AbortController();
    return {
      list: () => this.#list(),
      find: async (name) => {
        const found = await this.#find(name, left.signal);
        return found && this.#exportOf(found, opened);
      },
      leave: () => {
        left.abort();
        for (const bytes of opened) bytes.close();
      },
    };
  }

  /** What the addresses list, each name once; those that do not answer in 2 s list nothing. */
  async #list(): Promise<readonly ListedExport[]> {
    const lists = await Promise.all(this.#parts.owners.addresses.map((address) => this.#listOf(address)));
    const byName = new Map<string, ListedExport>();
    for (const listed of lists.flat()) if (!byName.has(listed.name)) byName.set(listed.name, listed);
    return [...byName.values()];
  }

  /**
   * Asks the addresses in turn. Undefined when all of them answer and none has the export, or when it did not
   * turn up within 10 s, or the client has left; why is in the log, for NBD has no words for it.
   */
  async #find(name: string, left: AbortSignal): Promise<ProbedExport | undefined> {
    const { owners, time, log } = this.#parts;
    const backOff = new BackOff();
    const deadlineMs = time.now() + FINDING_MS;
    for (;;) {
      let absent = 0;
      const reasons: string[] = [];
      for (const address of owners.order(name)) {
        const answer = await this.#ask(address, name);
        if (left.aborted) return undefined;
        if ('size' in answer) {
          owners.serves(answer.name, address);
          return answer;
        }
        if (answer.isAbsent) absent += 1;
        reasons.push(answer.reason);
      }
      const waitMs = backOff.next();
      if (absent === owners.addresses.length || time.now() + waitMs > deadlineMs) {
        log.info({ export: name, reasons }, 'a client asks for what no address serves');
        return undefined;
      }
      await pause(time, waitMs, left);
      if (left.aborted) return undefined;
    }
  }

  async #ask(address: NbdAddress, name: string): Promise<Answer> {
    try {
      return await probeExport(address, name, this.#parts.reach(address));
    } catch (error) {
      if (!(error instanceof GodwitError)) throw error;
      this.#parts.log.debug({ export: name, address: formatNbdAddress(address), reason: error.message }, 'not there');
      const refusal = refusalOf(error);
      // Who says that it left was asked after others may have said that they do not have it yet.
      const isAbsent = refusal !== undefined && refusal !== OptionReply.errShutdown;
      return { isAbsent, reason: error.message };
    }
  }

  async #listOf(address: NbdAddress): Promise<readonly ListedExport[]> {
    try {
      return await listExports(address, this.#parts.reach(address));
    } catch (error) {
      this.#parts.log.debug({ address: formatNbdAddress(address), reason: problemOf(error) }, 'lists nothing');
      return [];
    }
  }

  #exportOf(info: ProbedExport, opened: Set<FollowingBytes>): Export {
    const { name, description, size, flags, contexts } = info;
    return {
      name,
      description,
      size,
      contexts,
      readOnly: (flags & TransmissionFlag.readOnly) !== 0,
      multiConnection: (flags & TransmissionFlag.canMultiConn) !== 0,
      open: () => this.#follow({ name, size, contexts }, opened),
    };
  }

  #follow(followed: FollowedExport, opened: Set<FollowingBytes>): OpenExport {
    // A client that lost its connection and comes again must find nothing of its former life waiting.
    for (const bytes of this.#open) bytes.endIfClientLeft();
    const bytes = new FollowingBytes(followed, this.#parts);
    this.#open.add(bytes);
    opened.add(bytes);
    const close = () => {
      this.#open.delete(bytes);
      opened.delete(bytes);
      bytes.close();
    };
    return { bytes, withdrawn: bytes.withdrawn, close };
  }
}
