import type { Frame } from '../frame.js';
import { FrameParser } from '../frameParser.js';
import type { FrameName } from '../frameType.js';
import { FRAME_KINDS } from '../registry.js';

export const ALL_FRAMES: readonly FrameName[] = Object.values(FRAME_KINDS).map((kind) => kind.name);

/** A frame to keep: its payload is a copy. */
export type Kept = Pick<Frame, 'type' | 'header' | 'payload'>;

/** A parser that takes all kinds and the frames it has given. */
export function collector(accepts: readonly FrameName[] = ALL_FRAMES): { parser: FrameParser; frames: Kept[] } {
  const frames: Kept[] = [];
  const parser = new FrameParser({
    accepts,
    onFrame: ({ type, header, payload }) => frames.push({ type, header, payload: Buffer.from(payload) }),
  });
  return { parser, frames };
}

/**
 * The frames in `stream`, which arrives in pieces that end at the offsets of `cuts` (ascending). One
 * buffer is used for all pieces and overwritten after each, as a socket's is, so a parser that keeps
 * a view of it is found out.
 */
export function framesOf(stream: Uint8Array, cuts: readonly number[] = []): Kept[] {
  const { parser, frames } = collector();
  let start = 0;
  for (const end of [...cuts, stream.length]) {
    const piece = Buffer.from(stream.subarray(start, end));
    parser.push(piece);
    piece.fill(0xff);
    start = end;
  }
  if (parser.bufferedBytes !== 0) throw new Error(`${parser.bufferedBytes} bytes are left`);
  return frames;
}

/** The error that `act` throws. */
export function thrownBy(act: () => void): unknown {
  try {
    act();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}
