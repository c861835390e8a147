/**
 * All of the codec that a client needs: what it sends is encoded here; what it gets is taken apart by
 * HandshakeParser, the parsers of option replies, and ReplyParser.
 */
import { OPTION_HEAD_BYTES, OPTION_MAGIC, REQUEST_BYTES, REQUEST_MAGIC } from './constants.js';
import { writeUint64 } from './integers.js';
import type { Cookie } from './requestParser.js';

export { type ExportInfo, HandshakeParser, type OptionReplyFrame } from './handshakeParser.js';
export {
  type InfoReply,
  isErrorReply,
  parseErrorText,
  parseInfoReply,
  parseMetaContextReply,
  parseServerReply,
} from './optionReplyData.js';
export { type Reply, type ReplyLimits, ReplyParser } from './replyParser.js';

const NO_DATA = Buffer.alloc(0);

/** A request as a client sends it; the payload of a WRITE follows, `length` bytes. */
export interface RequestHead extends Cookie {
  readonly flags: number;
  readonly command: number;
  readonly offset: number;
  readonly length: number;
}

/** "Client flags", u32: the answer to the greeting. */
export function encodeClientFlags(flags: number): Buffer {
  return uint32(flags);
}

/** IHAVEOPT, u32 option, u32 length, data. */
export function encodeOption(option: number, data: Buffer = NO_DATA): Buffer {
  const head = Buffer.alloc(OPTION_HEAD_BYTES);
  head.writeBigUInt64BE(OPTION_MAGIC, 0);
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(data.length, 12);
  return Buffer.concat([head, data]);
}

/** Data of INFO and GO; `infos` are of Info, each once. */
export function encodeInfoRequest(name: string, infos: readonly number[]): Buffer {
  const list = Buffer.alloc(2 + 2 * infos.length);
  list.writeUInt16BE(infos.length, 0);
  infos.forEach((info, index) => {
    list.writeUInt16BE(info, 2 + 2 * index);
  });
  return Buffer.concat([counted(name), list]);
}

/** Data of LIST_META_CONTEXT and SET_META_CONTEXT. */
export function encodeMetaContextRequest(name: string, queries: readonly string[]): Buffer {
  return Buffer.concat([counted(name), uint32(queries.length), ...queries.map(counted)]);
}

/** "Request message": writes 28 bytes. @returns the offset behind them */
export function encodeRequest(target: Buffer, at: number, request: RequestHead): number {
  target.writeUInt32BE(REQUEST_MAGIC, at);
  target.writeUInt16BE(request.flags, at + 4);
  target.writeUInt16BE(request.command, at + 6);
  target.writeUInt32BE(request.cookieHigh, at + 8);
  target.writeUInt32BE(request.cookieLow, at + 12);
  writeUint64(target, request.offset, at + 16);
  target.writeUInt32BE(request.length, at + 24);
  return at + REQUEST_BYTES;
}

function counted(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}
