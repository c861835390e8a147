/**
 * What the server needs of the bytes behind an export, and of the set of exports. Nothing in this
 * package knows what stands behind them: the agents serve live images, the proxy another server.
 */

/** The longest description of a block range that one reply holds; a client asks on from where it ends. */
export interface BlockExtent {
  /** Bytes, at least 1. */
  readonly length: number;
  /** Status flags of the context: NBD_STATE_HOLE | NBD_STATE_ZERO, or 1 for dirty. */
  readonly flags: number;
}

/** Who asks; known to the connection. */
export interface RequestOrigin {
  /** True when the client is known to have gone: a request that had to wait is then not to be carried out. */
  hasLeft(): boolean;
}

/** FUA, NO_HOLE and FAST_ZERO of one request. */
export interface ChangeFlags {
  /** Durable before the reply. */
  readonly fua: boolean;
  /** WRITE_ZEROES: the range must stay allocated. */
  readonly noHole: boolean;
  /** WRITE_ZEROES: fail with ENOTSUP rather than be as slow as a write. */
  readonly fastZero: boolean;
}

/**
 * The bytes of one export as one connection uses them. Ranges are checked against `size` before any call.
 *
 * Each call either does all of it before it returns (undefined) or returns a promise; it throws, or
 * rejects, with a GodwitError, or with an NbdError that names the errno to answer. One that
 * returns a promise has copied what it needs of `data` before it returned; `target` stays its own until
 * the promise settles.
 */
export interface ExportBytes {
  readonly size: number;
  read(offset: number, target: Uint8Array, origin: RequestOrigin): Promise<void> | undefined;
  write(offset: number, data: Uint8Array, flags: ChangeFlags, origin: RequestOrigin): Promise<void> | undefined;
  writeZeroes(offset: number, length: number, flags: ChangeFlags, origin: RequestOrigin): Promise<void> | undefined;
  trim(offset: number, length: number, flags: ChangeFlags, origin: RequestOrigin): Promise<void> | undefined;
  /** Durable: every change that was answered before, on whatever connection. */
  flush(origin: RequestOrigin): Promise<void> | undefined;
  /** May do nothing. */
  cache(offset: number, length: number, origin: RequestOrigin): Promise<void> | undefined;
  /**
   * The runs from `offset` on, in order and without gaps, at most `maximum` of them and at most `length`
   * bytes in all; adjacent ones of equal flags joined.
   */
  blockStatus(
    context: string,
    offset: number,
    length: number,
    maximum: number,
    origin: RequestOrigin,
  ): Promise<BlockExtent[]> | BlockExtent[];
  /**
   * The next byte at or after `offset` that is not in a hole, at most `end`; `offset` where that is not known, as
   * while reads have to wait: what is a hole here is answered as zeroes without a read.
   */
  nextData?(offset: number, end: number): number;
  /** The next hole at or after `offset`, at most `end`, which may be the size. Present together with nextData. */
  nextHole?(offset: number, end: number): number;
}

/** What LIST says of an export. */
export interface ListedExport {
  readonly name: string;
  readonly description: string;
}

/** An export as a client may ask for it. */
export interface Export extends ListedExport {
  readonly size: number;
  readonly readOnly: boolean;
  /** False: a flush does not cover what was answered on other connections. Left out: it does. */
  readonly multiConnection?: boolean;
  /** Meta contexts that can be negotiated, such as `base:allocation`. */
  readonly contexts: readonly string[];
  /** Bytes for a new connection; `close` of what it returns is called when the connection ends. */
  open(): OpenExport;
}

/** An export in use by one connection. */
export interface OpenExport {
  readonly bytes: ExportBytes;
  /** Told of each request that was answered, for metrics. */
  readonly observe?: (request: AnsweredRequest) => void;
  /**
   * Resolves when nobody is to be served any more (the image moved, was closed): the connection answers what
   * waits and what comes with ESHUTDOWN for a moment, and closes.
   */
  readonly withdrawn: Promise<void>;
  /** The client has left, or is not listened to any more: calls that still wait are to end, however they do. Comes before `close`. */
  readonly abandon?: () => void;
  close(): void;
}

/** One answered request. */
export interface AnsweredRequest {
  readonly kind: 'read' | 'write' | 'zero' | 'trim' | 'flush' | 'cache' | 'status';
  readonly bytes: number;
  /** From the request's last byte to the hand-over of its reply to the socket. */
  readonly durationMs: number;
  /** errno, 0 when all went well. */
  readonly error: number;
}

/** The exports of a server, asked anew for each connection. */
export interface Exports {
  /** Those that LIST shows; a promise where others have to be asked for theirs. */
  list(): readonly ListedExport[] | Promise<readonly ListedExport[]>;
  /** An empty name is the only export when there is exactly one. Undefined: unknown. Throws GodwitError E_MOVED when it left, which is answered with ERR_SHUTDOWN.
   * A patient client would rather wait for an export that is not there yet than be told so. */
  find(name: string, isPatient?: boolean): Export | undefined | Promise<Export | undefined>;
}
