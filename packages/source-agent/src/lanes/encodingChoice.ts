/** Raw bytes of extents after which the choice is looked at again: some 4 ms on a fast wire, 0.3 s at 100 Mbit/s. */
const EPOCH_BYTES = 4 * 1024 * 1024;
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
  rawBytes: number;
  lastSeq: number;
}

/**
 * Whether a lane should compress: on a fast wire lz4 costs more time than it saves, on a slow one it is
 * the other way round. No model of either: the lane tries both for some megabytes and keeps what moves
 * raw bytes faster, timed from acknowledgement to acknowledgement, so that buffers on the way do not
 * flatter anyone. One a lane.
 */
export class EncodingChoice {
  readonly #now: () => number;
  /** Smoothed milliseconds for a raw byte; undefined while untried. */
  #lz4Cost: number | undefined;
  #rawCost: number | undefined;
  #epochs: Epoch[] = [];
  #current: Epoch = { compress: true, rawBytes: 0, lastSeq: 0 };
  #sinceProbe = 0;
  #probeEpochs = PROBE_EPOCHS;
  #boundaryMs = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether lz4 is to be tried on the next extent. */
  get compress(): boolean {
    return this.#current.compress;
  }

  /** A pass begins: what was idle before it is nobody's cost, and a short pass is no time for a try. */
  restart(): void {
    this.#epochs = [];
    this.#current = { compress: this.#best(), rawBytes: 0, lastSeq: 0 };
    this.#boundaryMs = this.#now();
  }

  /** An extent was sent as frame `seq`. */
  sent(seq: number, rawBytes: number): void {
    this.#current.rawBytes += rawBytes;
    this.#current.lastSeq = seq;
    if (this.#current.rawBytes < EPOCH_BYTES) return;
    this.#epochs.push(this.#current);
    this.#current = { compress: this.#choose(), rawBytes: 0, lastSeq: 0 };
  }

  /** Everything up to `seq` was acknowledged. */
  acknowledged(seq: number): void {
    for (let epoch = this.#epochs[0]; epoch !== undefined && epoch.lastSeq <= seq; epoch = this.#epochs[0]) {
      this.#epochs.shift();
      const now = this.#now();
      this.#learn(epoch.compress, (now - this.#boundaryMs) / epoch.rawBytes);
      this.#boundaryMs = now;
    }
  }

  #learn(compress: boolean, cost: number): void {
    const smooth = (old: number | undefined) => (old === undefined ? cost : old + (cost - old) * NEWEST_WEIGHT);
    if (compress) this.#lz4Cost = smooth(this.#lz4Cost);
    else this.#rawCost = smooth(this.#rawCost);
  }

  #choose(): boolean {
    if (this.#lz4Cost === undefined) return true;
    if (this.#rawCost === undefined) return false;
    this.#sinceProbe += 1;
    if (this.#sinceProbe < this.#probeEpochs) return this.#best();
    this.#sinceProbe = 0;
    const ratio = this.#lz4Cost / this.#rawCost;
    const isClear = Math.max(ratio, 1 / ratio) > CLEAR_LOSS;
    this.#probeEpochs = isClear ? Math.min(PROBE_EPOCHS_MAXIMUM, this.#probeEpochs * 2) : PROBE_EPOCHS;
    return !this.#best();
  }

  /** What has been cheaper so far; lz4 until both were tried. */
  #best(): boolean {
    if (this.#lz4Cost === undefined || this.#rawCost === undefined) return true;
    return this.#lz4Cost <= this.#rawCost * WIRE_IS_WORTH;
  }
}
