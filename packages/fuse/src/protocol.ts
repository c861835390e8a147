/** What is used here of the FUSE protocol, version 7.31 and FOPEN_NOFLUSH (include/uapi/linux/fuse.h). Numbers are in the host's order: little-endian. */

const FUSE_MAJOR = 7;
/** Linux 5.4. A kernel that does not know FOPEN_NOFLUSH (before 5.16) has whoever closes the file wait for its writes. */
const FUSE_MINOR = 31;

export const Opcode = {
  forget: 2,
  getattr: 3,
  setattr: 4,
  open: 14,
  read: 15,
  write: 16,
  statfs: 17,
  release: 18,
  fsync: 20,
  init: 26,
  interrupt: 36,
  destroy: 38,
  batchForget: 42,
} as const;

/**
 * FUSE_BIG_WRITES, FUSE_MAX_PAGES, and FUSE_EXPLICIT_INVAL_DATA: the cache is dropped when we say so alone. Not FUSE_ASYNC_READ: reading ahead would stand
 * in one queue with writes, and wait as long as they do.
 */
const INIT_FLAGS = (1 << 5) | (1 << 22) | (1 << 25);
/** FOPEN_KEEP_CACHE, and FOPEN_NOFLUSH: whoever closes the file waits for nothing. */
const OPEN_FLAGS = (1 << 1) | (1 << 5);
/** Of a SETATTR's `valid`. */
const SETATTR_SIZE = 1 << 3;
/** In place of an error, with no request's number: bytes for the page cache. */
const NOTIFY_STORE = 4;
/** The file itself is the root of what is mounted. */
const ROOT_NODE = 1n;

export const PAGE_BYTES = 4096;
/** The most that Linux writes or reads in one request (256 pages, unless fs.fuse.max_pages_limit says more). */
export const DATA_BYTES = 256 * PAGE_BYTES;
/** Writes from the page cache that the kernel has under way at most. */
export const BACKGROUND_REQUESTS = 16;

/** struct fuse_in_header. */
const IN_HEADER_BYTES = 40;
/** And struct fuse_write_in, as long as fuse_read_in. */
export const WRITE_DATA_OFFSET = IN_HEADER_BYTES + 40;
/** A buffer for any request: Linux gives none into a smaller one. */
export const REQUEST_BYTES = DATA_BYTES + PAGE_BYTES;
/** struct fuse_out_header. */
export const OUT_HEADER_BYTES = 16;

const S_IFREG = 0o100_000;
/** Of attributes, in seconds: they never change. */
const VALID_SECONDS = 3600n;
const SECTOR_BYTES = 512;

/** What is wanted of a request's header. */
export interface RequestHead {
  readonly opcode: number;
  readonly unique: bigint;
}

/** @param request as the device gave it */
export function headOf(request: Buffer): RequestHead {
  return { opcode: request.readUInt32LE(4), unique: request.readBigUInt64LE(8) };
}

/** Of a READ or a WRITE. */
export function rangeOf(request: Buffer): { readonly offset: number; readonly length: number } {
  const offset = Number(request.readBigUInt64LE(IN_HEADER_BYTES + 8));
  return { offset, length: request.readUInt32LE(IN_HEADER_BYTES + 16) };
}

/** The size that a SETATTR asks for, if any. */
export function wantedSizeOf(request: Buffer): number | undefined {
  const valid = request.readUInt32LE(IN_HEADER_BYTES);
  return (valid & SETATTR_SIZE) === 0 ? undefined : Number(request.readBigUInt64LE(IN_HEADER_BYTES + 16));
}

/** Puts a reply's header before `bytes` of it that stand in `target` from OUT_HEADER_BYTES on, and returns how long it is in all. */
export function putHeader(target: Buffer, unique: bigint, bytes: number, errno = 0): number {
  target.writeUInt32LE(OUT_HEADER_BYTES + bytes, 0);
  target.writeInt32LE(-errno, 4);
  target.writeBigUInt64LE(unique, 8);
  return OUT_HEADER_BYTES + bytes;
}

/** struct fuse_init_out. */
export function initReply(): Buffer {
  const reply = Buffer.alloc(64);
  reply.writeUInt32LE(FUSE_MAJOR, 0);
  reply.writeUInt32LE(FUSE_MINOR, 4);
  reply.writeUInt32LE(DATA_BYTES, 8);
  reply.writeUInt32LE(INIT_FLAGS, 12);
  reply.writeUInt16LE(BACKGROUND_REQUESTS, 16);
  // The kernel calls itself congested from here on; three quarters, as libfuse has it.
  reply.writeUInt16LE((BACKGROUND_REQUESTS * 3) / 4, 18);
  reply.writeUInt32LE(DATA_BYTES, 20);
  reply.writeUInt32LE(1, 24);
  reply.writeUInt16LE(DATA_BYTES / PAGE_BYTES, 28);
  return reply;
}

/** struct fuse_attr_out of a regular file that belongs to whoever serves it. */
export function attributesReply(size: number, uid: number, gid: number): Buffer {
  const reply = Buffer.alloc(104);
  reply.writeBigUInt64LE(VALID_SECONDS, 0);
  const attributes = reply.subarray(16);
  attributes.writeBigUInt64LE(ROOT_NODE, 0);
  attributes.writeBigUInt64LE(BigInt(size), 8);
  attributes.writeBigUInt64LE(BigInt(Math.ceil(size / SECTOR_BYTES)), 16);
  attributes.writeUInt32LE(S_IFREG | 0o600, 60);
  attributes.writeUInt32LE(1, 64);
  attributes.writeUInt32LE(uid, 68);
  attributes.writeUInt32LE(gid, 72);
  attributes.writeUInt32LE(PAGE_BYTES, 80);
  return reply;
}

/** struct fuse_open_out. */
export function openReply(): Buffer {
  const reply = Buffer.alloc(16);
  reply.writeUInt32LE(OPEN_FLAGS, 8);
  return reply;
}

/** struct fuse_statfs_out: QEMU asks for the size of a page by it. */
export function statfsReply(): Buffer {
  const reply = Buffer.alloc(80);
  reply.writeUInt32LE(PAGE_BYTES, 40);
  reply.writeUInt32LE(255, 44);
  reply.writeUInt32LE(PAGE_BYTES, 48);
  return reply;
}

/** struct fuse_write_out. */
export function writeReply(bytes: number): Buffer {
  const reply = Buffer.alloc(8);
  reply.writeUInt32LE(bytes, 0);
  return reply;
}

/** Header and struct fuse_notify_store_out. */
export const STORE_HEAD_BYTES = OUT_HEADER_BYTES + 24;

/** Puts the head of a NOTIFY_STORE before `length` bytes that stand in `target` from STORE_HEAD_BYTES on; returns how long it is in all. */
export function putStoreHead(target: Buffer, offset: number, length: number): number {
  target.writeUInt32LE(STORE_HEAD_BYTES + length, 0);
  target.writeInt32LE(NOTIFY_STORE, 4);
  target.writeBigUInt64LE(0n, 8);
  target.writeBigUInt64LE(ROOT_NODE, 16);
  target.writeBigUInt64LE(BigInt(offset), 24);
  target.writeUInt32LE(length, 32);
  target.writeUInt32LE(0, 36);
  return STORE_HEAD_BYTES + length;
}
