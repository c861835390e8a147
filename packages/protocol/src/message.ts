import type protobuf from 'protobufjs/minimal.js';
import type { Problem } from './checks.js';
import type { FrameName } from './frameType.js';
import type { FrameHeaders } from './headers.js';

/** How the header of one kind of frame is written, read and judged. One literal for each in messages/. */
export interface Message<K extends FrameName> {
  encode(header: FrameHeaders[K], writer: protobuf.Writer): protobuf.Writer;
  /** Copies every field out, so that nothing of the receive buffer is kept. Throws what protobufjs throws. */
  decode(reader: protobuf.Reader, headerBytes: number): FrameHeaders[K];
  /** What is wrong with a header, if anything, beside limits.ts. `payloadBytes` is 0 where none belongs. */
  problem(header: FrameHeaders[K], payloadBytes: number): Problem;
  /** Before encoding: error text, which the sender did not write itself, cut to what the wire takes. */
  trim?(header: FrameHeaders[K]): FrameHeaders[K];
}
