/** Headers of the frames of a lane; the general words stand above FrameHeaders. */
export interface LaneHeaders {
  Extent: {
    readonly seq: number;
    readonly round: number;
    /** Index into Offer.images. */
    readonly image: number;
    /** Bytes from the start of the image. */
    readonly offset: number;
    /** 1 to LIMITS.extentBytes. */
    readonly rawBytes: number;
    /** A value of Encoding. */
    readonly encoding: number;
    /** xxh64, seed 0, of the raw bytes: unsigned 32-bit halves. */
    readonly hashLow: number;
    readonly hashHigh: number;
  };
  /** length: bytes, 1 to LIMITS.zeroRangeBytes. */
  Zero: {
    readonly seq: number;
    readonly round: number;
    readonly image: number;
    readonly offset: number;
    readonly length: number;
  };
  /**
   * length: bytes, 1 to LIMITS.extentBytes; the payload is one u64 little-endian a block. background: a wish that
   * may be absent, and is from sources that do not know it.
   */
  Check: {
    readonly seq: number;
    readonly image: number;
    readonly offset: number;
    readonly length: number;
    readonly background?: true;
  };
  /** length: bytes, 1 to LIMITS.zeroRangeBytes. */
  CheckZero: { readonly seq: number; readonly image: number; readonly offset: number; readonly length: number };
  /** Cumulative. */
  Ack: { readonly seq: number };
  Nack: { readonly seq: number; readonly code: string };
  /** blocks: 1 to LIMITS.resultBlocks, relative to the first block of the check. */
  CheckResult: { readonly seq: number; readonly blocks: readonly number[] };
}
