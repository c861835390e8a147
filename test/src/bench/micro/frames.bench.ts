import { encodeFrame, FrameParser } from '@godwit/protocol';
import { bench, describe } from 'vitest';

const PAYLOAD = Buffer.alloc(1024 * 1024, 7);
const HEADER = {
  seq: 123_456,
  round: 3,
  image: 1,
  offset: 987 * 1024 * 1024,
  rawBytes: PAYLOAD.length,
  encoding: 1,
  hashLow: 0xdeadbeef,
  hashHigh: 0x12345678,
};
/** As sockets are read today. */
const CHUNK_BYTES = 64 * 1024;

describe('a frame', () => {
  bench('head and header of an extent, encoded', () => {
    encodeFrame('Extent', HEADER, PAYLOAD.length);
  });

  const ack = encodeFrame('Ack', { seq: 123_456 });
  const parser = new FrameParser({ accepts: ['Ack', 'Extent'], onFrame: () => undefined });
  bench('an Ack, parsed', () => {
    parser.push(ack);
  });

  const extent = Buffer.concat([encodeFrame('Extent', HEADER, PAYLOAD.length), PAYLOAD]);
  bench('an extent of 1 MiB in chunks of 64 KiB, parsed', () => {
    for (let at = 0; at < extent.length; at += CHUNK_BYTES) parser.push(extent.subarray(at, at + CHUNK_BYTES));
  });
});
