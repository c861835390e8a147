/** What a server answers to options ("Option reply types"), as bytes. */
import { LIMITS } from '@godwit/protocol';
import type { Export, ListedExport } from '../export.js';
import {
  EXPORT_NAME_REPLY_BYTES,
  EXPORT_NAME_ZEROES,
  GREETING_BYTES,
  GREETING_MAGIC,
  HandshakeFlag,
  Info,
  OPTION_MAGIC,
  OPTION_REPLY_HEAD_BYTES,
  OPTION_REPLY_MAGIC,
  OptionReply,
  TransmissionFlag,
} from './constants.js';
import { writeUint64 } from './integers.js';
import { cutText } from './text.js';

const NO_DATA = Buffer.alloc(0);
/** Images are dirty in blocks of this or more, and pages are this: smaller writes cost a read first. */
const PREFERRED_BLOCK_BYTES = 4096;

/** "Newstyle negotiation": NBDMAGIC, IHAVEOPT, fixed newstyle without trailing zeroes. */
export function greeting(): Buffer {
  const bytes = Buffer.alloc(GREETING_BYTES);
  bytes.writeBigUInt64BE(GREETING_MAGIC, 0);
  bytes.writeBigUInt64BE(OPTION_MAGIC, 8);
  bytes.writeUInt16BE(HandshakeFlag.fixedNewstyle | HandshakeFlag.noZeroes, 16);
  return bytes;
}

/** One reply: u64 magic, u32 option, u32 type, u32 length, data. */
export function optionReply(option: number, type: number, data: Buffer = NO_DATA): Buffer {
  const head = Buffer.alloc(OPTION_REPLY_HEAD_BYTES);
  head.writeBigUInt64BE(OPTION_REPLY_MAGIC, 0);
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(type, 12);
  head.writeUInt32BE(data.length, 16);
  return Buffer.concat([head, data]);
}

/** An error, with a text for the person at the client. */
export function errorReply(option: number, type: number, message: string): Buffer {
  return optionReply(option, type, cutText(message));
}

/** NBD_REP_SERVER: u32 length of the name, name, description. */
export function serverReply(option: number, listed: ListedExport): Buffer {
  const name = Buffer.from(listed.name);
  return optionReply(
    option,
    OptionReply.server,
    Buffer.concat([uint32(name.length), name, cutText(listed.description)]),
  );
}

/** NBD_REP_META_CONTEXT: u32 id, name. */
export function metaContextReply(option: number, id: number, name: string): Buffer {
  return optionReply(option, OptionReply.metaContext, Buffer.concat([uint32(id), Buffer.from(name)]));
}

/** All of NBD_REP_INFO that a client gets: NBD_INFO_EXPORT always, the others when asked for. Unknown ones are ignored. */
export function infoReplies(option: number, exported: Export, flags: number, asked: ReadonlySet<number>): Buffer[] {
  const replies = [info(option, Info.export, sizeAndFlags(exported, flags))];
  if (asked.has(Info.name)) replies.push(info(option, Info.name, Buffer.from(exported.name)));
  if (asked.has(Info.description) && exported.description !== '') {
    replies.push(info(option, Info.description, cutText(exported.description)));
  }
  if (asked.has(Info.blockSize)) replies.push(info(option, Info.blockSize, blockSizes()));
  return replies;
}

/** Answer to EXPORT_NAME, without a head: u64 size, u16 flags, and 124 zeroes unless both sides do without. */
export function exportNameReply(exported: Export, flags: number, zeroes: boolean): Buffer {
  return Buffer.concat([sizeAndFlags(exported, flags), Buffer.alloc(zeroes ? EXPORT_NAME_ZEROES : 0)]);
}

/** "Transmission flags": all that we can; a read-only export takes no trims and zeroes, DF belongs to structured replies. */
export function transmissionFlags(exported: Export, structuredReplies: boolean): number {
  const flags =
    TransmissionFlag.hasFlags |
    TransmissionFlag.sendFlush |
    TransmissionFlag.sendFua |
    (exported.multiConnection === false ? 0 : TransmissionFlag.canMultiConn) |
    TransmissionFlag.sendCache |
    (structuredReplies ? TransmissionFlag.sendDf : 0);
  if (exported.readOnly) return flags | TransmissionFlag.readOnly;
  return flags | TransmissionFlag.sendTrim | TransmissionFlag.sendWriteZeroes | TransmissionFlag.sendFastZero;
}

function info(option: number, type: number, data: Buffer): Buffer {
  return optionReply(option, OptionReply.info, Buffer.concat([uint16(type), data]));
}

function sizeAndFlags(exported: Export, flags: number): Buffer {
  const bytes = Buffer.alloc(EXPORT_NAME_REPLY_BYTES);
  bytes.writeUInt16BE(flags, writeUint64(bytes, exported.size, 0));
  return bytes;
}

/** NBD_INFO_BLOCK_SIZE ("Size constraints"): any byte may be addressed, whole pages are best. */
function blockSizes(): Buffer {
  return Buffer.concat([uint32(1), uint32(PREFERRED_BLOCK_BYTES), uint32(LIMITS.nbdRequestBytes)]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >>> 8, value & 0xff]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}
