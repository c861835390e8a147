/** Streams of bytes that are nearly NBD: valid ones, recorded by hand, with a few mistakes. */
import type { SeededRandom } from '../oracle/seededRandom.js';
import { COMMAND, clientFlags, contextOption, goOption, OPTION, option, request } from './wire.js';

const DISK = 'fuzzed';

/** Numbers at which counting goes wrong. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff];

/** Every kind of option and request once, up to each phase of the protocol. */
function recordings(): Buffer[] {
  const handshake = [clientFlags(), option(OPTION.structuredReply), option(OPTION.list)];
  const contexts = ['base:allocation', 'qemu:dirty-bitmap:godwit'];
  const options = [
    ...handshake,
    contextOption(DISK, contexts, 9),
    goOption(DISK, OPTION.info),
    contextOption(DISK, contexts),
    option(5),
    option(99, Buffer.from('nobody knows this')),
  ];
  const payload = Buffer.alloc(5000, 0x5a);
  const requests = [
    request({ command: COMMAND.write, cookie: 1, offset: 4096, payload }),
    request({ command: COMMAND.read, cookie: 2, offset: 0, length: 70_000 }),
    request({ command: COMMAND.writeZeroes, cookie: 3, offset: 65_536, length: 65_536, flags: 2 }),
    request({ command: COMMAND.trim, cookie: 4, offset: 131_072, length: 65_536 }),
    request({ command: COMMAND.blockStatus, cookie: 5, length: 1_000_000, flags: 8 }),
    request({ command: COMMAND.cache, cookie: 6, length: 4096 }),
    request({ command: COMMAND.flush, cookie: 7 }),
    request({ command: COMMAND.write, cookie: 8, offset: 1, payload: payload.subarray(0, 7), flags: 1 }),
  ];
  const exportName = option(OPTION.exportName, Buffer.from(DISK));
  return [
    Buffer.concat(handshake),
    Buffer.concat([...options, option(OPTION.abort)]),
    Buffer.concat([clientFlags(), exportName, ...requests]),
    Buffer.concat([...options, goOption(DISK), ...requests, ...requests, request({ command: COMMAND.disconnect })]),
  ];
}

const RECORDED = recordings();

/** A stream for one connection: a recording with up to 8 mistakes, or now and then nothing but noise. */
export function fuzzedStream(random: SeededRandom): Buffer {
  if (random.below(20) === 0) return noise(random, 1 + random.below(4000));
  let stream: Buffer = Buffer.from(RECORDED[random.below(RECORDED.length)] ?? []);
  for (let mistakes = 1 + random.below(8); mistakes > 0; mistakes--) stream = withMistake(stream, random);
  return stream;
}

function withMistake(stream: Buffer, random: SeededRandom): Buffer {
  if (stream.length === 0) return noise(random, 8);
  const at = random.below(stream.length);
  const [before, behind] = [stream.subarray(0, at), stream.subarray(at)];
  const count = Math.min(behind.length, 1 + random.below(random.below(4) === 0 ? 200 : 4));
  switch (random.below(7)) {
    case 0:
      stream[at] = (stream[at] ?? 0) ^ (1 << random.below(8));
      return stream;
    case 1:
      behind.fill(EDGES[random.below(EDGES.length)] ?? 0, 0, count);
      return stream;
    case 2:
      return Buffer.concat([before, noise(random, count), behind]);
    case 3:
      return Buffer.concat([before, behind.subarray(count)]);
    case 4:
      return Buffer.concat([before, behind.subarray(0, count), behind]);
    case 5:
      return Buffer.from(before);
    default: {
      const other = RECORDED[random.below(RECORDED.length)] ?? Buffer.alloc(0);
      return Buffer.concat([before, other.subarray(random.below(other.length))]);
    }
  }
}

function noise(random: SeededRandom, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  random.fill(bytes);
  return bytes;
}
