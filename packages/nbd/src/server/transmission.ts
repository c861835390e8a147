import { problemOf } from '@godwit/errors';
import { LIMITS } from '@godwit/protocol';
import { Command, NbdErrno } from '../codec/constants.js';
import type { Agreed } from '../codec/negotiation.js';
import { type Request, RequestParser } from '../codec/requestParser.js';
import type { AnsweredRequest, OpenExport } from '../export.js';
import type { ClientStream, StreamReader } from './clientStream.js';
import type { Refusal } from './errnoOf.js';
import { Execution } from './execution.js';
import { Observer } from './observer.js';
import { Outbox } from './outbox.js';
import { type Farewell, Replies } from './replies.js';
import { kindOf } from './requestCheck.js';
import type { SharedRoom } from './sharedRoom.js';

/** With more than this for the socket to take, the client does not read what it asked for: no more of it is served. */
const QUEUED_BYTES = 4 * 1024 * 1024;
/** Replies leave when so many bytes of them are ready, even if more requests are there: the client has work then. */
const FLUSH_BYTES = 256 * 1024;
/**
 * What was sent before the thread stood still for so long (a disk that does not answer) is not carried out for a client
 * that has left since: it may have come again, on another thread, and have written anew.
 */
const STALL_MS = 1000;
/** How long a connection whose export is gone still answers, for requests that are on the wire (a round trip, generously). */
const GRACE_MS = 1000;
/** While a client is not read the system tells nothing of it, and is asked so often whether it is still there. */
const LOOK_AFTER_MS = 1000;

const GONE: Refusal = { errno: NbdErrno.ESHUTDOWN, message: 'the export is served here no more' };
const UNKNOWN: Refusal = { errno: NbdErrno.EINVAL, message: 'unknown command' };

export interface TransmissionOptions {
  readonly stream: ClientStream;
  readonly open: OpenExport;
  readonly readOnly: boolean;
  readonly agreed: Agreed;
  readonly farewell: Farewell;
  /** False when the system knows that the client has gone. */
  readonly stillConnected: (() => boolean) | undefined;
  readonly room: SharedRoom | undefined;
  /** Called once: nothing more is served, and what was answered is with the socket. With a reason when it was not in order. */
  readonly onOver: (reason: string | undefined) => void;
}

/**
 * The requests of one connection. All that came in one piece are served one after the other, and their replies
 * leave together. A request whose export has to wait does not hold up others; it counts as in flight, and at
 * the caps, or while the client does not read its replies, nothing more is received.
 */
export class Transmission implements StreamReader {
  readonly #options: TransmissionOptions;
  readonly #parser = new RequestParser({ maximumPayload: LIMITS.nbdRequestBytes });
  readonly #outbox: Outbox;
  readonly #replies: Replies;
  readonly #execution: Execution;
  readonly #observer: Observer;
  #state: 'serving' | 'gone' | 'disconnecting' | 'over' = 'serving';
  #isHeld = false;
  #isFlushPlanned = false;
  #isGraceOver = false;
  #grace: NodeJS.Timeout | undefined;
  #lookout: NodeJS.Timeout | undefined;
  #inFlight = 0;
  #inFlightBytes = 0;
  #now = 0;
  #lookedAt = 0;
  readonly #idleWaiters: (() => void)[] = [];

  constructor(options: TransmissionOptions) {
    const { stream, open, agreed, readOnly } = options;
    this.#options = options;
    this.#outbox = new Outbox(stream, () => this.#goOn());
    this.#replies = new Replies(this.#outbox, agreed, options.farewell);
    this.#observer = new Observer(open.observe);
    const origin = { hasLeft: () => this.#hasLeft() };
    this.#execution = new Execution(open.bytes, this.#replies, agreed, readOnly, origin);
  }

  received(chunk: Buffer): void {
    // Nobody would take apart what comes behind a disconnect: it would pile up while requests before it wait.
    if (this.#state === 'disconnecting' || this.#state === 'over') return;
    this.#parser.push(chunk);
    this.#run();
  }

  target(): Buffer | undefined {
    return this.#isHeld ? undefined : this.#parser.target();
  }

  filled(bytes: number): void {
    this.#parser.filled(bytes);
    this.#run();
  }

  /**
   * From now on nothing that comes is carried out. Ends when what is in flight has ended: at once when it says
   * farewell by disconnecting, otherwise a moment later, for requests on the wire are to be answered.
   */
  withdraw(): void {
    if (this.#state !== 'serving') return;
    this.#state = 'gone';
    if (this.#options.farewell === 'disconnect') {
      this.#isGraceOver = true;
      this.#endIfIdle();
      return;
    }
    this.#grace = setTimeout(() => {
      this.#isGraceOver = true;
      this.#endIfIdle();
    }, GRACE_MS);
  }

  /** Serves nothing more and answers nothing more. */
  stop(): void {
    this.#state = 'over';
    clearTimeout(this.#grace);
    clearInterval(this.#lookout);
  }

  /** Resolves when the export is not used any more. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  #run(): void {
    this.#now = performance.now();
    try {
      while (this.#state === 'serving' || this.#state === 'gone') {
        if (this.#isFull()) {
          this.#hold();
          break;
        }
        const request = this.#parser.next();
        if (request === undefined) break;
        if (this.#leftInStall()) {
          this.#over(undefined);
          return;
        }
        this.#take(request);
        if (this.#outbox.unsentBytes >= FLUSH_BYTES) this.#flush();
      }
      this.#flush();
      this.#endIfIdle();
    } catch (error) {
      this.#over(problemOf(error));
    }
  }

  #take(request: Request): void {
    const kind = kindOf(request.command);
    if (kind === undefined) {
      if (request.command === Command.disconnect) this.#state = 'disconnecting';
      else this.#replies.refused(request, UNKNOWN);
      return;
    }
    if (this.#state === 'gone') {
      this.#replies.refused(request, GONE);
      this.#observer.answered(kind, request.length, GONE.errno, this.#now);
      return;
    }
    const error = this.#execution.serve(kind, request, this.#now);
    if (typeof error === 'number') this.#answered(kind, request.length, error, this.#now);
    else this.#wait(kind, request, error);
  }

  #wait(kind: AnsweredRequest['kind'], request: Request, answer: Promise<number>): void {
    const startedAt = this.#now;
    const { length } = request;
    const heldBytes = kind === 'read' || kind === 'write' ? length : 0;
    this.#inFlight += 1;
    this.#inFlightBytes += heldBytes;
    this.#options.room?.take(heldBytes);
    void answer.then((error) => {
      this.#inFlight -= 1;
      this.#inFlightBytes -= heldBytes;
      this.#options.room?.give(heldBytes);
      this.#answered(kind, length, error, startedAt);
      this.#flushSoon();
      if (this.#inFlight === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
    });
  }

  #answered(kind: AnsweredRequest['kind'], length: number, error: number, startedAt: number): void {
    this.#observer.answered(kind, length, error, startedAt);
    // Left unanswered: the end of the connection is the answer, whether or not the export says that it is withdrawn.
    if (error === NbdErrno.ESHUTDOWN && this.#options.farewell === 'disconnect') this.withdraw();
  }

  /** What is answered in one turn leaves together. */
  #flushSoon(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    queueMicrotask(() => {
      this.#isFlushPlanned = false;
      try {
        this.#flush();
        this.#goOn();
        this.#endIfIdle();
      } catch (error) {
        this.#over(problemOf(error));
      }
    });
  }

  #flush(): void {
    if (this.#state !== 'over') this.#outbox.flush();
    this.#observer.report();
  }

  #isFull(): boolean {
    return (
      this.#inFlight >= LIMITS.nbdInFlightRequests ||
      this.#inFlightBytes >= LIMITS.nbdInFlightBytes ||
      (this.#inFlightBytes > 0 && this.#options.room?.isTaken === true) ||
      this.#options.stream.queuedBytes + this.#outbox.unsentBytes > QUEUED_BYTES
    );
  }

  #hold(): void {
    this.#isHeld = true;
    this.#options.stream.hold();
    this.#lookout ??= setInterval(() => {
      try {
        if (this.#hasLeft()) this.#over(undefined);
      } catch (error) {
        this.#over(problemOf(error));
      }
    }, LOOK_AFTER_MS);
  }

  /** After being held. What a client that has gone meanwhile had sent is not carried out any more: it may have come again. */
  #goOn(): void {
    if (!this.#isHeld || this.#state === 'over' || this.#isFull()) return;
    try {
      if (this.#hasLeft()) this.#over(undefined);
    } catch (error) {
      // Called by the socket: a throw would end the thread.
      this.#over(problemOf(error));
    }
    if (this.#hasEnded) return;
    this.#isHeld = false;
    this.#run();
    if (this.#isHeld) return;
    clearInterval(this.#lookout);
    this.#lookout = undefined;
    this.#options.stream.readOn();
  }

  get #hasEnded(): boolean {
    return this.#state === 'over';
  }

  /** Asks the system only when nothing of this connection was looked at for a while, be it idle or held up. */
  #leftInStall(): boolean {
    const now = performance.now();
    const isLate = now - this.#lookedAt > STALL_MS;
    this.#lookedAt = now;
    return isLate && this.#hasLeft();
  }

  #hasLeft(): boolean {
    return this.#hasEnded || this.#options.stream.hasLeft || this.#options.stillConnected?.() === false;
  }

  #endIfIdle(): void {
    if (this.#inFlight > 0) return;
    if (this.#state === 'disconnecting') this.#over(undefined);
    else if (this.#state === 'gone' && this.#isGraceOver) this.#over('the export is served here no more');
  }

  #over(reason: string | undefined): void {
    if (this.#state === 'over') return;
    this.#outbox.flush();
    this.stop();
    this.#options.onOver(reason);
  }
}
