const HIGH = 2 ** 32;
/** First high half that would take a number beyond 2^53 - 1. */
const HIGH_BEYOND = 2 ** 21;

/** Writes a u64 that a double holds exactly. @returns the offset behind it */
export function writeUint64(target: Buffer, value: number, at: number): number {
  target.writeUInt32BE(Math.floor(value / HIGH), at);
  return target.writeUInt32BE(value % HIGH, at + 4);
}

/** Joins the halves of a u64. Beyond 2^53 - 1 it is that number: past the end of any image (`LIMITS.imageBytes`). */
export function joinUint64(high: number, low: number): number {
  return high < HIGH_BEYOND ? high * HIGH + low : Number.MAX_SAFE_INTEGER;
}

export function readUint64(bytes: Buffer, at: number): number {
  return joinUint64(bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4));
}
