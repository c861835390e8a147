/** What a user may ask for: `auto` decides for each lane. */
export type EncodingMode = 'auto' | 'raw' | 'lz4';

/** Raw bytes of extents after which the choice is looked at again: some 4 ms on a fast wire. */
const EPOCH_BYTES = 4 * 1024 * 1024;
/** On a slow one it is after this time, if that was enough to see more than one acknowledgement. */
const EPOCH_MS = 100;
const EPOCH_LEAST_BYTES = 1024 * 1024;
/** Epochs between two tries of the encoding that lost, at first and at most: content and wire change. */
const PROBE_EPOCHS = 16;
const PROBE_EPOCHS_MAXIMUM = 256;
/** What lost by so much is tried half as often from then on. */
const CLEAR_LOSS = 1.5;
/** Compression may be this much slower and still be chosen: the wire belongs to others, too. */
const WIRE_IS_WORTH = 1.1;
const NEWEST_WEIGHT = 0.5;

interface Epoch {
  readonly compress: boolean;
  readonly beganMs: number;
  rawBytes: number;
  lastSeq: number;
  /** Time and raw bytes of compressing alone. */
  compressMs: number;
  compressedBytes: number;
}

/**
 * Whether a lane should compress: on a fast wire lz4 costs more time than it saves, on a slow one it is
 * the other way round. No model of either: the lane tries both for some megabytes and keeps what moves
 * raw bytes faster, timed from acknowledgement to acknowledgement, so that buffers on the way do not
 * flatter anyone. It begins raw; a try of lz4 ends with its first piece when compressing alone takes longer than
 * sending raw did, so that a fast wire pays half a millisecond for it. One a lane.
 */
export class EncodingChoice {
  readonly #now: () => number;
  readonly #mode: EncodingMode;
  /** Smoothed milliseconds for a raw byte; undefined while untried. */
  #lz4Cost: number | undefined;
  #rawCost: number | undefined;
  #epochs: Epoch[] = [];
  #current: Epoch;
  #sinceProbe = 0;
  #probeEpochs = PROBE_EPOCHS;
  #boundaryMs = 0;
  #isWarm = false;

  constructor(mode: EncodingMode = 'auto', now: () => number = () => performance.now()) {
    this.#mode = mode;
    this.#now = now;
    this.#current = epoch(false, now());
  }

  /** Whether lz4 is to be tried on the next extent. */
  get compress(): boolean {
    return this.#mode === 'auto' ? this.#current.compress : this.#mode === 'lz4';
  }

  /** A pass begins: what was idle before it is nobody's cost, and a short pass is no time for a try. */
  restart(): void {
    this.#epochs = [];
    this.#boundaryMs = this.#now();
    this.#current = epoch(this.#best(), this.#boundaryMs);
  }

  /** Compressing an extent of `rawBytes` took so long, before it is sent. */
  compressed(rawBytes: number, durationMs: number): void {
    const rawCost = this.#rawCost;
    this.#current.compressMs += durationMs;
    this.#current.compressedBytes += rawBytes;
    const cost = this.#current.compressMs / this.#current.compressedBytes;
    if (!this.#current.compress || rawCost === undefined || cost <= rawCost * WIRE_IS_WORTH) return;
    this.#learn(true, cost);
    this.#current = { ...this.#current, compress: this.#best() };
  }

  /** An extent was sent as frame `seq`. */
  sent(seq: number, rawBytes: number): void {
    this.#current.rawBytes += rawBytes;
    this.#current.lastSeq = seq;
    if (this.#current.rawBytes < EPOCH_LEAST_BYTES) return;
    const now = this.#now();
    if (this.#current.rawBytes < EPOCH_BYTES && now - this.#current.beganMs < EPOCH_MS) return;
    this.#epochs.push(this.#current);
    this.#current = epoch(this.#choose(), now);
  }

  /** Everything up to `seq` was acknowledged. */
  acknowledged(seq: number): void {
    for (let done = this.#epochs[0]; done !== undefined && done.lastSeq <= seq; done = this.#epochs[0]) {
      this.#epochs.shift();
      const now = this.#now();
      // The first of all is the first time for the code, the connection and the page cache, too.
      if (this.#isWarm) this.#learn(done.compress, (now - this.#boundaryMs) / done.rawBytes);
      this.#isWarm = true;
      this.#boundaryMs = now;
    }
  }

  #learn(compress: boolean, cost: number): void {
    // What a try shows of the encoding that is not in use replaces what was known of it: that is old.
    const isTry = compress !== this.#best();
    const smooth = (old: number | undefined) =>
      old === undefined || isTry ? cost : old + (cost - old) * NEWEST_WEIGHT;
    if (compress) this.#lz4Cost = smooth(this.#lz4Cost);
    else this.#rawCost = smooth(this.#rawCost);
  }

  #choose(): boolean {
    if (this.#rawCost === undefined) return false;
    if (this.#lz4Cost === undefined) return true;
    this.#sinceProbe += 1;
    if (this.#sinceProbe < this.#probeEpochs) return this.#best();
    this.#rateProbes();
    return !this.#best();
  }

  /** How long to wait for the next try. */
  #rateProbes(): void {
    this.#sinceProbe = 0;
    if (this.#lz4Cost === undefined || this.#rawCost === undefined) return;
    const ratio = this.#lz4Cost / this.#rawCost;
    const isClear = Math.max(ratio, 1 / ratio) > CLEAR_LOSS;
    this.#probeEpochs = isClear ? Math.min(PROBE_EPOCHS_MAXIMUM, this.#probeEpochs * 2) : PROBE_EPOCHS;
  }

  /** What has been cheaper so far; raw until both were tried. */
  #best(): boolean {
    if (this.#lz4Cost === undefined || this.#rawCost === undefined) return false;
    return this.#lz4Cost <= this.#rawCost * WIRE_IS_WORTH;
  }
}

function epoch(compress: boolean, beganMs: number): Epoch {
  return { compress, beganMs, rawBytes: 0, lastSeq: 0, compressMs: 0, compressedBytes: 0 };
}
