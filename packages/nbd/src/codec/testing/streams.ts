import { LIMITS } from '@godwit/protocol';
import fc from 'fast-check';
import { type OptionFrame, OptionParser } from '../optionParser.js';
import { NbdProtocolError } from '../protocolError.js';
import { type Reply, ReplyParser } from '../replyParser.js';
import { type Request, RequestParser } from '../requestParser.js';

/** Bytes written out by hand; blanks are for the reader. */
export function hex(...lines: string[]): Buffer {
  const digits = lines.join('').replaceAll(' ', '');
  const bytes = Buffer.from(digits, 'hex');
  if (bytes.length * 2 !== digits.length) throw new Error(`not hexadecimal: ${digits}`);
  return bytes;
}

/** The stream in pieces that end at the offsets of `cuts`, ascending. */
export function piecesOf(stream: Uint8Array, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts, stream.length];
  return ends.map((end, index) => Buffer.from(stream.subarray(ends[index - 1] ?? 0, end)));
}

/** The stream as a whole, in two pieces cut at every place, and byte by byte. */
export function everySplit(stream: Uint8Array): Buffer[][] {
  const places = Array.from(stream, (_, at) => at).slice(1);
  return [piecesOf(stream, []), ...places.map((cut) => piecesOf(stream, [cut])), piecesOf(stream, places)];
}

/** Any cuts, as thousandths of the stream, and some near each other. */
export const anyCuts = fc.array(fc.tuple(fc.nat(1000), fc.nat(30)), { maxLength: 30 });

export function cutsOf(places: readonly (readonly [number, number])[], bytes: number): number[] {
  return places
    .map(([thousandths, more]) => Math.min(bytes, Math.floor((bytes * thousandths) / 1000) + more))
    .sort((one, other) => one - other);
}

/** Options of a stream that begins with the client's flags, and what is left behind them. */
export function optionsOf(pieces: readonly Buffer[], parser = new OptionParser()) {
  const frames = fed(pieces, parser, (frame: OptionFrame) => frame);
  return { flags: parser.clientFlags, frames, rest: parser.rest() };
}

/** Requests, their payloads copied. */
export function requestsOf(pieces: readonly Buffer[], maximumPayload: number = LIMITS.nbdRequestBytes): Request[] {
  const copy = (request: Request) => ({ ...request, payload: request.payload && Buffer.from(request.payload) });
  return fed(pieces, new RequestParser({ maximumPayload }), copy);
}

/** Replies, their data copied; each simple reply brings `simpleDataBytes`. */
export function repliesOf(pieces: readonly Buffer[], simpleDataBytes: number | undefined = 0): Reply[] {
  const parser = new ReplyParser({ maximumPayload: LIMITS.nbdRequestBytes, simpleDataBytes: () => simpleDataBytes });
  return fed(pieces, parser, copyOfReply);
}

/** The protocol error that `act` throws, or undefined; any other is thrown on. */
export function protocolErrorOf(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof NbdProtocolError) return error.message;
    throw error;
  }
}

function copyOfReply(reply: Reply): Reply {
  if (reply.kind === 'data') return { ...reply, data: Buffer.from(reply.data) };
  if (reply.kind === 'simple') return { ...reply, data: reply.data && Buffer.from(reply.data) };
  return reply;
}

/** One memory for all pieces, overwritten after each as a socket's is: who keeps a view of it is found out. */
function fed<T>(
  pieces: readonly Buffer[],
  parser: { push(chunk: Uint8Array): void; next(): T | undefined },
  keep: (one: T) => T,
): T[] {
  const memory = Buffer.alloc(Math.max(...pieces.map((piece) => piece.length)));
  const found: T[] = [];
  for (const piece of pieces) {
    piece.copy(memory);
    parser.push(memory.subarray(0, piece.length));
    for (let one = parser.next(); one !== undefined; one = parser.next()) found.push(keep(one));
    memory.fill(0xff);
  }
  return found;
}
