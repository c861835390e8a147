import { violation } from './frameHead.js';
import type { OpenFrame } from './frameKind.js';
import { Encoding } from './frameType.js';

/**
 * What can only be seen in the payload itself: the size that lz4 data claims in front, which
 * decompression allocates, is the size that the header named and that was checked.
 *
 * @throws GodwitError E_PROTOCOL
 */
export function checkPayload(frame: OpenFrame): void {
  if (frame.type !== 'Extent' || frame.header.encoding !== Encoding.lz4) return;
  const claimedBytes = frame.payload.readUInt32LE(0);
  if (claimedBytes !== frame.header.rawBytes) {
    throw violation(`Extent: the lz4 payload claims ${claimedBytes} bytes, the header ${frame.header.rawBytes}`);
  }
}
