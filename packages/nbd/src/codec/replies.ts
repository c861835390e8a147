/**
 * Server side of the transmission phase: replies, each written into a buffer at an offset that has the room;
 * each function gives the offset behind what it wrote. See "Simple reply message", "Structured reply chunk
 * message" and "Structured reply types".
 */
import type { BlockExtent } from '../export.js';
import {
  CHUNK_HEAD_BYTES,
  ChunkType,
  ReplyFlag,
  SIMPLE_REPLY_BYTES,
  SIMPLE_REPLY_MAGIC,
  STRUCTURED_REPLY_MAGIC,
} from './constants.js';
import { writeUint64 } from './integers.js';
import type { Cookie } from './requestParser.js';
import { cutText } from './text.js';

/** Head and offset; the data follows. */
export const OFFSET_DATA_HEAD_BYTES = CHUNK_HEAD_BYTES + 8;
/** All of a chunk that says that a range reads as zeroes. */
export const OFFSET_HOLE_BYTES = CHUNK_HEAD_BYTES + 12;
/** Head and context; the extents follow. */
const BLOCK_STATUS_HEAD_BYTES = CHUNK_HEAD_BYTES + 4;
/** Length and flags. */
const EXTENT_BYTES = 8;
/** Head, errno and length of the message, which follows. */
export const ERROR_HEAD_BYTES = CHUNK_HEAD_BYTES + 6;
/** Room that any reply takes that has no data and no extents. */
export const SMALL_REPLY_BYTES_MAXIMUM = 512;
/** Bytes of an error's message; the rest is cut. */
const MESSAGE_BYTES_MAXIMUM = SMALL_REPLY_BYTES_MAXIMUM - ERROR_HEAD_BYTES - 8;

/** 16 bytes; the data of a READ follows where `errno` is 0. Never the answer to a READ once structured replies were agreed. */
export function simpleReply(target: Buffer, at: number, errno: number, cookie: Cookie): number {
  target.writeUInt32BE(SIMPLE_REPLY_MAGIC, at);
  target.writeUInt32BE(errno, at + 4);
  target.writeUInt32BE(cookie.cookieHigh, at + 8);
  target.writeUInt32BE(cookie.cookieLow, at + 12);
  return at + SIMPLE_REPLY_BYTES;
}

/** 20 bytes; `payloadBytes` of payload follow. */
export function chunkHead(
  target: Buffer,
  at: number,
  flags: number,
  type: number,
  cookie: Cookie,
  payloadBytes: number,
): number {
  target.writeUInt32BE(STRUCTURED_REPLY_MAGIC, at);
  target.writeUInt16BE(flags, at + 4);
  target.writeUInt16BE(type, at + 6);
  target.writeUInt32BE(cookie.cookieHigh, at + 8);
  target.writeUInt32BE(cookie.cookieLow, at + 12);
  target.writeUInt32BE(payloadBytes, at + 16);
  return at + CHUNK_HEAD_BYTES;
}

/** NBD_REPLY_TYPE_NONE, always the last of its reply: all went well, or an error was said before. 20 bytes. */
export function doneChunk(target: Buffer, at: number, cookie: Cookie): number {
  return chunkHead(target, at, ReplyFlag.done, ChunkType.none, cookie, 0);
}

/** Head of NBD_REPLY_TYPE_OFFSET_DATA, 28 bytes; `dataBytes` (at least 1) of data follow, those at `offset` of the export. */
export function offsetDataHead(
  target: Buffer,
  at: number,
  flags: number,
  cookie: Cookie,
  offset: number,
  dataBytes: number,
): number {
  const payload = chunkHead(target, at, flags, ChunkType.offsetData, cookie, 8 + dataBytes);
  return writeUint64(target, offset, payload);
}

/** NBD_REPLY_TYPE_OFFSET_HOLE: `holeBytes` (at least 1) from `offset` of the export read as zeroes. 32 bytes. */
export function offsetHoleChunk(
  target: Buffer,
  at: number,
  flags: number,
  cookie: Cookie,
  offset: number,
  holeBytes: number,
): number {
  const payload = chunkHead(target, at, flags, ChunkType.offsetHole, cookie, 12);
  return target.writeUInt32BE(holeBytes, writeUint64(target, offset, payload));
}

/** Bytes that `blockStatusChunk` takes. */
export function blockStatusBytes(extents: number): number {
  return BLOCK_STATUS_HEAD_BYTES + extents * EXTENT_BYTES;
}

/** NBD_REPLY_TYPE_BLOCK_STATUS: at least one extent, the first at the offset of the request. One chunk for each agreed context. */
export function blockStatusChunk(
  target: Buffer,
  at: number,
  flags: number,
  cookie: Cookie,
  contextId: number,
  extents: readonly BlockExtent[],
): number {
  const payloadBytes = 4 + extents.length * EXTENT_BYTES;
  let end = chunkHead(target, at, flags, ChunkType.blockStatus, cookie, payloadBytes);
  end = target.writeUInt32BE(contextId, end);
  for (const extent of extents) {
    end = target.writeUInt32BE(extent.length, end);
    end = target.writeUInt32BE(extent.flags, end);
  }
  return end;
}

/** NBD_REPLY_TYPE_ERROR, the last of its reply, with a message for people, cut to fit SMALL_REPLY_BYTES_MAXIMUM. */
export function errorChunk(target: Buffer, at: number, cookie: Cookie, errno: number, message: string): number {
  const text = cutText(message, MESSAGE_BYTES_MAXIMUM);
  const payload = chunkHead(target, at, ReplyFlag.done, ChunkType.error, cookie, 6 + text.length);
  return writeError(target, payload, errno, text);
}

/** NBD_REPLY_TYPE_ERROR_OFFSET: reading failed at `offset` of the export, which data chunks may have reached before. */
export function errorOffsetChunk(
  target: Buffer,
  at: number,
  flags: number,
  cookie: Cookie,
  errno: number,
  message: string,
  offset: number,
): number {
  const text = cutText(message, MESSAGE_BYTES_MAXIMUM);
  const payload = chunkHead(target, at, flags, ChunkType.errorOffset, cookie, 14 + text.length);
  return writeUint64(target, offset, writeError(target, payload, errno, text));
}

function writeError(target: Buffer, at: number, errno: number, text: Buffer): number {
  const lengthAt = target.writeUInt32BE(errno, at);
  const textAt = target.writeUInt16BE(text.length, lengthAt);
  return textAt + text.copy(target, textAt);
}
