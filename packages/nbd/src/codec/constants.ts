/**
 * Numbers of the NBD specification (NetworkBlockDevice/nbd, doc/proto.md), each table under the name of its
 * section there. All fields are big-endian.
 */

/** 'NBDMAGIC', the first 8 bytes of a server ("Newstyle negotiation"). */
export const GREETING_MAGIC = 0x4e42444d41474943n;
/** 'IHAVEOPT': second magic of the greeting, and in front of each option. */
export const OPTION_MAGIC = 0x49484156454f5054n;
/** Second magic of a server of old, that has no options ("Oldstyle negotiation"). */
export const OLDSTYLE_MAGIC = 0x0000420281861253n;
/** In front of each reply to an option ("Fixed newstyle negotiation"). */
export const OPTION_REPLY_MAGIC = 0x0003e889045565a9n;
/** "Request message". */
export const REQUEST_MAGIC = 0x25609513;
/** "Simple reply message". */
export const SIMPLE_REPLY_MAGIC = 0x67446698;
/** "Structured reply chunk message". */
export const STRUCTURED_REPLY_MAGIC = 0x668e33ef;

/** "Handshake flags", u16 of the server. */
export const HandshakeFlag = { fixedNewstyle: 1 << 0, noZeroes: 1 << 1 } as const;

/** "Client flags", u32; each answers the handshake flag of its name. */
export const ClientFlag = { fixedNewstyle: 1 << 0, noZeroes: 1 << 1 } as const;

/** "Transmission flags", u16: what an export can. */
export const TransmissionFlag = {
  hasFlags: 1 << 0,
  readOnly: 1 << 1,
  sendFlush: 1 << 2,
  sendFua: 1 << 3,
  rotational: 1 << 4,
  sendTrim: 1 << 5,
  sendWriteZeroes: 1 << 6,
  sendDf: 1 << 7,
  canMultiConn: 1 << 8,
  sendResize: 1 << 9,
  sendCache: 1 << 10,
  sendFastZero: 1 << 11,
} as const;

/** "Option types". */
export const Option = {
  exportName: 1,
  abort: 2,
  list: 3,
  startTls: 5,
  info: 6,
  go: 7,
  structuredReply: 8,
  listMetaContext: 9,
  setMetaContext: 10,
  extendedHeaders: 11,
} as const;

/** "Option reply types"; bit 31 marks errors, whose data is a text. */
export const OptionReply = {
  ack: 1,
  server: 2,
  info: 3,
  metaContext: 4,
  errUnsup: 0x80000001,
  errPolicy: 0x80000002,
  errInvalid: 0x80000003,
  errPlatform: 0x80000004,
  errTlsRequired: 0x80000005,
  errUnknown: 0x80000006,
  errShutdown: 0x80000007,
  errBlockSizeRequired: 0x80000008,
  errTooBig: 0x80000009,
  errExtendedHeadersRequired: 0x8000000a,
} as const;

/** Information types of INFO and GO ("Option types", NBD_OPT_GO). */
export const Info = { export: 0, name: 1, description: 2, blockSize: 3 } as const;

/** "Request types". */
export const Command = {
  read: 0,
  write: 1,
  disconnect: 2,
  flush: 3,
  trim: 4,
  cache: 5,
  writeZeroes: 6,
  blockStatus: 7,
  resize: 8,
} as const;

/** "Command flags", u16. */
export const CommandFlag = {
  fua: 1 << 0,
  noHole: 1 << 1,
  df: 1 << 2,
  reqOne: 1 << 3,
  fastZero: 1 << 4,
  payloadLength: 1 << 5,
} as const;

/** "Structured reply flags", u16. */
export const ReplyFlag = { done: 1 << 0 } as const;

/** "Structured reply types"; bit 15 marks errors. */
export const ChunkType = {
  none: 0,
  offsetData: 1,
  offsetHole: 2,
  blockStatus: 5,
  error: 0x8001,
  errorOffset: 0x8002,
} as const;

/** "Error values"; ENOTSUP is what FAST_ZERO answers. */
export const NbdErrno = {
  EPERM: 1,
  EIO: 5,
  ENOMEM: 12,
  EINVAL: 22,
  ENOSPC: 28,
  EOVERFLOW: 75,
  ENOTSUP: 95,
  ESHUTDOWN: 108,
} as const;

/** Status flags: NBD_STATE_HOLE and NBD_STATE_ZERO of `base:allocation`, and dirty of `qemu:dirty-bitmap:` (QEMU, docs/interop/nbd.rst). */
export const BlockState = { hole: 1 << 0, zero: 1 << 1, dirty: 1 << 0 } as const;

/** Magic, magic, flags ("Newstyle negotiation"). */
export const GREETING_BYTES = 18;
/** Magic, option, length of its data. */
export const OPTION_HEAD_BYTES = 16;
/** Magic, option, reply type, length of its data. */
export const OPTION_REPLY_HEAD_BYTES = 20;
/** Zeroes behind the answer to EXPORT_NAME, unless both sides have the NO_ZEROES flag. */
export const EXPORT_NAME_ZEROES = 124;
/** Size and flags of the answer to EXPORT_NAME. */
export const EXPORT_NAME_REPLY_BYTES = 10;
/** Magic, flags, type, cookie, offset, length. */
/**
 * A meta context that no export has: a client that selects it says that it will wait for an export which is not there
 * yet. Servers that do not know it pass over it, as the specification demands of names outside their namespaces.
 */
export const STANDBY_CONTEXT = 'x-godwit:wait';

export const REQUEST_BYTES = 28;
/** Magic, error, cookie. */
export const SIMPLE_REPLY_BYTES = 16;
/** Magic, flags, type, cookie, length of the payload. */
export const CHUNK_HEAD_BYTES = 20;
