/**
 * Server side of "Fixed newstyle negotiation": what is answered to each option. Called by the connection with
 * what OptionParser gave; knows no socket.
 *
 * ```mermaid
 * stateDiagram-v2
 *   [*] --> options: greeting, client flags
 *   options --> options: LIST, INFO, STRUCTURED_REPLY, *_META_CONTEXT, errors
 *   options --> tls: STARTTLS
 *   tls --> options: handshake done, all forgotten
 *   options --> transmission: GO, EXPORT_NAME
 *   options --> [*]: ABORT, EXPORT_NAME of nothing, too many options
 * ```
 */
import { GodwitError } from '@godwit/errors';
import { LIMITS } from '@godwit/protocol';
import type { Export, Exports } from '../export.js';
import { ClientFlag, Option, OptionReply, STANDBY_CONTEXT } from './constants.js';
import { type AgreedContext, listContexts, selectContexts } from './metaContexts.js';
import { type DataProblem, parseInfoRequest, parseMetaContextRequest, parseName } from './optionData.js';
import { checkClientFlags, type OptionFrame } from './optionParser.js';
import {
  errorReply,
  exportNameReply,
  greeting,
  infoReplies,
  metaContextReply,
  optionReply,
  serverReply,
  transmissionFlags,
} from './optionReplies.js';

/** How the server stands to TLS: NOTLS, available to who wants it, FORCEDTLS ("TLS support"). */
export interface NegotiationPolicy {
  readonly tls: 'off' | 'allow' | 'require';
}

/** What was agreed for the transmission phase. */
export interface Agreed {
  readonly structuredReplies: boolean;
  readonly contexts: readonly AgreedContext[];
}

/** What the connection is to do after an option; `bytes` are to be sent first. */
export type NegotiationStep =
  /** Go on with the next option. */
  | { readonly type: 'reply'; readonly bytes: Buffer }
  /**
   * Upgrade, call tlsEstablished(), go on with `new OptionParser('options')`. Close if the old parser has a
   * rest(): what came in plain text behind STARTTLS is not the client's.
   */
  | { readonly type: 'start-tls'; readonly bytes: Buffer }
  /** Requests follow. */
  | { readonly type: 'transmission'; readonly bytes: Buffer; readonly export: Export; readonly agreed: Agreed }
  /** End; `reason` is for the log, undefined where the client wanted it. */
  | { readonly type: 'close'; readonly bytes: Buffer; readonly reason: string | undefined };

const NOTHING_AGREED = { structuredReplies: false, selected: undefined };
const NO_BYTES = Buffer.alloc(0);

/** One client's negotiation. */
export class Negotiation {
  readonly #exports: Exports;
  readonly #policy: NegotiationPolicy;
  #flags = 0;
  #inTls = false;
  #options = 0;
  #agreed: { structuredReplies: boolean; selected: { exportName: string; contexts: AgreedContext[] } | undefined };

  constructor(exports: Exports, policy: NegotiationPolicy) {
    this.#exports = exports;
    this.#policy = policy;
    this.#agreed = { ...NOTHING_AGREED };
  }

  /** The first bytes of the connection. */
  greeting(): Buffer {
    return greeting();
  }

  /** @throws NbdProtocolError for flags that we do not know */
  clientFlags(flags: number): void {
    checkClientFlags(flags);
    this.#flags = flags;
  }

  /** What was negotiated in plain text is not to be trusted: all is forgotten but the client's flags ("NBD_OPT_STARTTLS"). */
  tlsEstablished(): void {
    this.#inTls = true;
    this.#agreed = { ...NOTHING_AGREED };
  }

  /**
   * Answers one option; the next must not come before this one's is there. Whatever a client sends has an answer.
   *
   * @throws what the exports throw, other than GodwitErrors: those are answered
   */
  async step(frame: OptionFrame): Promise<NegotiationStep> {
    const { option } = frame;
    this.#options++;
    if (this.#options > LIMITS.nbdOptions) return close(`more than ${LIMITS.nbdOptions} options`);
    if (option === Option.abort)
      return { type: 'close', bytes: optionReply(option, OptionReply.ack), reason: undefined };
    const refusal = this.#refusal(frame);
    if (refusal === undefined) return this.#answer(frame);
    // EXPORT_NAME has no way to say no.
    return option === Option.exportName ? close(refusal.message) : error(option, refusal.type, refusal.message);
  }

  /** What stands against the option whatever its data says. */
  #refusal({ option, tooBig }: OptionFrame): { readonly type: number; readonly message: string } | undefined {
    if (this.#policy.tls === 'require' && !this.#inTls && option !== Option.startTls) {
      return { type: OptionReply.errTlsRequired, message: 'this server is used with TLS alone' };
    }
    if (tooBig) {
      return { type: OptionReply.errTooBig, message: `more than ${LIMITS.nbdOptionBytes} bytes of data` };
    }
    return undefined;
  }

  async #answer({ option, data }: OptionFrame): Promise<NegotiationStep> {
    switch (option) {
      case Option.exportName:
        return this.#exportName(data);
      case Option.list:
        return data.length > 0 ? unwantedData(option) : this.#list();
      case Option.startTls:
        return data.length > 0 ? unwantedData(option) : this.#startTls();
      case Option.info:
      case Option.go:
        return this.#infoOrGo(option, data);
      case Option.structuredReply:
        if (data.length > 0) return unwantedData(option);
        this.#agreed.structuredReplies = true;
        return reply(optionReply(option, OptionReply.ack));
      case Option.listMetaContext:
        return this.#listMetaContext(data);
      case Option.setMetaContext:
        return this.#setMetaContext(data);
      default:
        return error(option, OptionReply.errUnsup, `option ${option} is not known`);
    }
  }

  async #exportName(data: Buffer): Promise<NegotiationStep> {
    const name = parseName(data);
    if (typeof name !== 'string') return close(name.problem);
    const found = await this.#find(name);
    if ('refused' in found) return close(found.message);
    const flags = transmissionFlags(found.exported, this.#agreed.structuredReplies);
    const zeroes = (this.#flags & ClientFlag.noZeroes) === 0;
    return this.#transmission(exportNameReply(found.exported, flags, zeroes), found.exported);
  }

  async #list(): Promise<NegotiationStep> {
    const { list } = Option;
    try {
      const listed = await this.#exports.list();
      return reply(...listed.map((one) => serverReply(list, one)), optionReply(list, OptionReply.ack));
    } catch (thrown) {
      const { refused, message } = refusalOf(thrown);
      return error(list, refused, message);
    }
  }

  #startTls(): NegotiationStep {
    const option = Option.startTls;
    if (this.#inTls) return error(option, OptionReply.errInvalid, 'the session is in TLS already');
    // "TLS support": NOTLS for clients that do not know of fixed newstyle.
    if (this.#policy.tls === 'off' || (this.#flags & ClientFlag.fixedNewstyle) === 0) {
      return error(option, OptionReply.errPolicy, 'this server has no TLS');
    }
    return { type: 'start-tls', bytes: optionReply(option, OptionReply.ack) };
  }

  async #infoOrGo(option: number, data: Buffer): Promise<NegotiationStep> {
    const request = parseInfoRequest(data);
    if ('problem' in request) return badData(option, request);
    const found = await this.#find(request.name);
    if ('refused' in found) return error(option, found.refused, found.message);
    const flags = transmissionFlags(found.exported, this.#agreed.structuredReplies);
    const bytes = Buffer.concat([
      ...infoReplies(option, found.exported, flags, request.infos),
      optionReply(option, OptionReply.ack),
    ]);
    return option === Option.go ? this.#transmission(bytes, found.exported) : reply(bytes);
  }

  async #listMetaContext(data: Buffer): Promise<NegotiationStep> {
    const option = Option.listMetaContext;
    const request = parseMetaContextRequest(data);
    if ('problem' in request) return badData(option, request);
    const found = await this.#find(request.name);
    if ('refused' in found) return error(option, found.refused, found.message);
    const names = listContexts(found.exported.contexts, request.queries);
    return reply(...names.map((name) => metaContextReply(option, 0, name)), optionReply(option, OptionReply.ack));
  }

  async #setMetaContext(data: Buffer): Promise<NegotiationStep> {
    const option = Option.setMetaContext;
    // What was selected before is gone even when this fails.
    this.#agreed.selected = undefined;
    if (!this.#agreed.structuredReplies) {
      return error(option, OptionReply.errInvalid, 'structured replies have to be agreed first');
    }
    const request = parseMetaContextRequest(data);
    if ('problem' in request) return badData(option, request);
    const found = await this.#find(request.name, request.queries.has(STANDBY_CONTEXT));
    if ('refused' in found) return error(option, found.refused, found.message);
    const contexts = selectContexts(found.exported.contexts, request.queries);
    this.#agreed.selected = { exportName: found.exported.name, contexts };
    const replies = contexts.map(({ id, name }) => metaContextReply(option, id, name));
    return reply(...replies, optionReply(option, OptionReply.ack));
  }

  /** Contexts count for the export that they were selected for, as far as it still has them. */
  #transmission(bytes: Buffer, exported: Export): NegotiationStep {
    const { structuredReplies, selected } = this.#agreed;
    const chosen = selected?.exportName === exported.name ? selected.contexts : [];
    const contexts = chosen.filter(({ name }) => exported.contexts.includes(name));
    return { type: 'transmission', bytes, export: exported, agreed: { structuredReplies, contexts } };
  }

  async #find(name: string, isPatient = false): Promise<{ readonly exported: Export } | Refusal> {
    try {
      const exported = await this.#exports.find(name, isPatient);
      if (exported !== undefined) return { exported };
      return { refused: OptionReply.errUnknown, message: `there is no export ${JSON.stringify(name)}` };
    } catch (thrown) {
      return refusalOf(thrown);
    }
  }
}

/** Error reply and its text. */
interface Refusal {
  readonly refused: number;
  readonly message: string;
}

/** An image that moved is a server that shuts down to its clients; any other GodwitError is an export that cannot be had. */
function refusalOf(thrown: unknown): Refusal {
  if (!(thrown instanceof GodwitError)) throw thrown;
  const refused = thrown.code === 'E_MOVED' ? OptionReply.errShutdown : OptionReply.errUnknown;
  return { refused, message: thrown.message };
}

function reply(...replies: Buffer[]): NegotiationStep {
  return { type: 'reply', bytes: Buffer.concat(replies) };
}

function error(option: number, type: number, message: string): NegotiationStep {
  return reply(errorReply(option, type, message));
}

function badData(option: number, { problem, tooBig }: DataProblem): NegotiationStep {
  return error(option, tooBig ? OptionReply.errTooBig : OptionReply.errInvalid, problem);
}

function unwantedData(option: number): NegotiationStep {
  return error(option, OptionReply.errInvalid, `option ${option} takes no data`);
}

function close(reason: string): NegotiationStep {
  return { type: 'close', bytes: NO_BYTES, reason };
}
