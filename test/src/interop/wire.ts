/**
 * NBD bytes put together by hand from the specification (NetworkBlockDevice/nbd, doc/proto.md), so that a
 * mistake in our own codec cannot hide itself from the tests.
 */

/** Client flags: fixed newstyle, no zeroes. */
const CLIENT_FLAGS = 3;
const OPTION_MAGIC = 'IHAVEOPT';
const REQUEST_MAGIC = 0x25609513;
export const SIMPLE_REPLY_MAGIC = 0x67446698;

export const OPTION = { exportName: 1, abort: 2, list: 3, info: 6, go: 7, structuredReply: 8, setMetaContext: 10 };
export const REPLY = { ack: 1, server: 2, info: 3 };
export const COMMAND = {
  read: 0,
  write: 1,
  disconnect: 2,
  flush: 3,
  trim: 4,
  cache: 5,
  writeZeroes: 6,
  blockStatus: 7,
};
export const ERRNO = { none: 0, io: 5, invalid: 22, noSpace: 28 };

/** Bytes in front of a request's payload, and of a simple reply's. */
export const REQUEST_BYTES = 28;
export const REPLY_BYTES = 16;

/** What a client says first. */
export function clientFlags(flags = CLIENT_FLAGS): Buffer {
  return u32(flags);
}

export function option(type: number, data: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from(OPTION_MAGIC), u32(type), u32(data.length), data]);
}

/** INFO or GO for an export, asking for no information beyond what is always sent. */
export function goOption(name: string, type = OPTION.go): Buffer {
  const text = Buffer.from(name);
  return option(type, Buffer.concat([u32(text.length), text, u16(0)]));
}

/** SET_META_CONTEXT or LIST_META_CONTEXT. */
export function contextOption(name: string, queries: readonly string[], type = OPTION.setMetaContext): Buffer {
  const strings = [name, ...queries].map((text) => Buffer.concat([u32(Buffer.byteLength(text)), Buffer.from(text)]));
  const [first = Buffer.alloc(0), ...others] = strings;
  return option(type, Buffer.concat([first, u32(queries.length), ...others]));
}

export interface RequestFields {
  readonly command: number;
  readonly cookie?: number;
  readonly offset?: number;
  /** Of the payload where that is given. */
  readonly length?: number;
  readonly flags?: number;
  readonly payload?: Uint8Array;
}

/** A request, with its payload when there is one. */
export function request(fields: RequestFields): Buffer {
  const { command, cookie = 1, offset = 0, payload = Buffer.alloc(0), length = payload.length, flags = 0 } = fields;
  const head = [u32(REQUEST_MAGIC), u16(flags), u16(command), u64(cookie), u64(offset), u32(length)];
  return Buffer.concat([...head, payload]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
