import { LIMITS } from '@godwit/protocol';
import { CommandFlag } from '../codec/constants.js';
import type { Agreed } from '../codec/negotiation.js';
import type { Request } from '../codec/requestParser.js';
import type { AnsweredRequest, BlockExtent, ChangeFlags, ExportBytes, RequestOrigin } from '../export.js';
import { refusalFor } from './errnoOf.js';
import { ReadPlanner } from './readPlan.js';
import type { Replies } from './replies.js';
import { type RequestRules, refusalOf } from './requestCheck.js';

const NO_BYTES = Buffer.alloc(0);
/** FUA, NO_HOLE and FAST_ZERO in all combinations, so that no request needs an object for them. */
const CHANGE_FLAGS: readonly ChangeFlags[] = Array.from({ length: 8 }, (_, bits) => ({
  fua: (bits & 1) !== 0,
  noHole: (bits & 2) !== 0,
  fastZero: (bits & 4) !== 0,
}));

/** Carries out requests of one connection on its export and writes their replies. */
export class Execution {
  readonly #bytes: ExportBytes;
  readonly #replies: Replies;
  readonly #contexts: Agreed['contexts'];
  readonly #rules: RequestRules;
  readonly #origin: RequestOrigin;
  readonly #planner: ReadPlanner;

  constructor(bytes: ExportBytes, replies: Replies, agreed: Agreed, readOnly: boolean, origin: RequestOrigin) {
    this.#bytes = bytes;
    this.#replies = replies;
    this.#contexts = agreed.contexts;
    this.#origin = origin;
    this.#planner = new ReadPlanner(bytes);
    this.#rules = {
      size: bytes.size,
      readOnly,
      structuredReplies: agreed.structuredReplies,
      contexts: agreed.contexts.length,
    };
  }

  /**
   * Answers a request: the errno that was answered, or a promise of it that never rejects. `now` is performance.now().
   */
  serve(kind: AnsweredRequest['kind'], request: Request, now: number): number | Promise<number> {
    const refusal = refusalOf(kind, request, this.#rules);
    if (refusal !== undefined) {
      this.#replies.refused(request, refusal);
      return refusal.errno;
    }
    try {
      const pending = this.#carryOut(kind, request, now);
      return pending === undefined ? 0 : this.#awaited(request, pending);
    } catch (error) {
      return this.#failed(request, error);
    }
  }

  /** Undefined: done and answered. */
  #carryOut(kind: AnsweredRequest['kind'], request: Request, now: number): Promise<void> | undefined {
    const { offset, length } = request;
    if (length === 0 && kind !== 'flush') return this.#doNothing(kind, request);
    const bytes = this.#bytes;
    switch (kind) {
      case 'read':
        return this.#read(request, now);
      case 'write':
        return this.#answered(request, bytes.write(offset, payloadOf(request), changeFlags(request), this.#origin));
      case 'zero':
        this.#planner.forget();
        return this.#answered(request, bytes.writeZeroes(offset, length, changeFlags(request), this.#origin));
      case 'trim':
        this.#planner.forget();
        return this.#answered(request, bytes.trim(offset, length, changeFlags(request), this.#origin));
      case 'flush':
        return this.#answered(request, bytes.flush(this.#origin));
      case 'cache':
        return this.#answered(request, bytes.cache(offset, length, this.#origin));
      case 'status':
        return this.#status(request);
    }
  }

  #doNothing(kind: AnsweredRequest['kind'], request: Request): undefined {
    if (kind === 'read') this.#replies.nothing(request);
    else this.#replies.done(request);
    return undefined;
  }

  #read(request: Request, now: number): Promise<void> | undefined {
    const mayBePieces = this.#rules.structuredReplies && (request.flags & CommandFlag.df) === 0;
    const pieces = mayBePieces ? this.#planner.plan(request.offset, request.length, now) : undefined;
    if (pieces === undefined) return this.#replies.read(request, this.#bytes, this.#origin);
    return this.#replies.readPieces(request, pieces, this.#bytes, this.#origin);
  }

  #status(request: Request): Promise<void> | undefined {
    const maximum = (request.flags & CommandFlag.reqOne) === 0 ? LIMITS.nbdExtents : 1;
    const { offset, length } = request;
    const answers = this.#contexts.map(({ name }) =>
      this.#bytes.blockStatus(name, offset, length, maximum, this.#origin),
    );
    const lists = answers.filter((answer) => Array.isArray(answer));
    if (lists.length === answers.length) {
      this.#replies.status(
        request,
        lists.map((list) => atLeastOne(list, length)),
      );
      return undefined;
    }
    return Promise.all(answers.map((answer) => Promise.resolve(answer))).then((all) => {
      this.#replies.status(
        request,
        all.map((list) => atLeastOne(list, length)),
      );
    });
  }

  #answered(request: Request, pending: Promise<void> | undefined): Promise<void> | undefined {
    if (pending !== undefined) return pending.then(() => this.#replies.done(request));
    this.#replies.done(request);
    return undefined;
  }

  async #awaited(request: Request, pending: Promise<void>): Promise<number> {
    try {
      await pending;
      return 0;
    } catch (error) {
      return this.#failed(request, error);
    }
  }

  #failed(request: Request, thrown: unknown): number {
    const refusal = refusalFor(thrown);
    this.#replies.refused(request, refusal);
    return refusal.errno;
  }
}

function payloadOf(request: Request): Buffer {
  return request.payload ?? NO_BYTES;
}

function changeFlags({ flags }: Request): ChangeFlags {
  const bits = (flags & (CommandFlag.fua | CommandFlag.noHole)) | ((flags & CommandFlag.fastZero) === 0 ? 0 : 4);
  return CHANGE_FLAGS[bits] ?? { fua: true, noHole: true, fastZero: false };
}

/** A reply without extents would be a violation; a status of 0 is always true (NBD specification, NBD_CMD_BLOCK_STATUS). */
function atLeastOne(extents: readonly BlockExtent[], length: number): readonly BlockExtent[] {
  return extents.length > 0 ? extents : [{ length, flags: 0 }];
}
