import type { FrameName } from './frameType.js';
import type { FrameHeaders } from './headers.js';

/** Bytes in front of each frame: type, 0, header length, payload length (frameType.ts). */
export const FRAME_HEAD_BYTES = 8;

/**
 * A checked frame. `payload` has bytes for Extent and Check only and is valid during `onFrame` only:
 * it is a view of the received chunk or of the parser's one buffer. The header is a copy to keep.
 */
export type Frame<N extends FrameName = FrameName> = {
  [K in N]: { readonly type: K; readonly header: FrameHeaders[K]; readonly payload: Buffer };
}[N];
