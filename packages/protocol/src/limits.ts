/**
 * Every limit of the wire, with its reason. The stream of either side is hostile until it was checked
 * against these, and nothing is allocated before that. `limits.test.ts` exceeds each.
 */
export const LIMITS = {
  /** A header is a few numbers and names; an Offer of 64 images with 64-byte names takes 8 KiB, and a document up to 36 KiB. */
  headerBytes: 48 * 1024,
  /** An extent is at most 1 MiB raw (product.md). */
  extentBytes: 1024 * 1024,
  /** lz4's worst growth is n/255 + 16, and lz4-napi puts 4 bytes in front; 64 KiB holds both. */
  payloadBytes: 1024 * 1024 + 64 * 1024,
  /** Digests of one Check: a 1 MiB extent of 4 KiB blocks. */
  checkBlocks: 256,
  /** Mismatches named in one CheckResult: one Check's blocks, or a CheckZero's first so many. */
  resultBlocks: 256,
  /** Range of one Zero or CheckZero frame: bounds the time that one frame may take at the destination. */
  zeroRangeBytes: 1024 ** 4,
  /** Images of one migration: a VM's memory and its disks, with room. */
  images: 64,
  /** Lanes of one migration: beyond 16 threads nothing was gained by any peer (facts/peers.md). */
  lanes: 16,
  /** Largest image: doubles carry integers exactly to 2^53. */
  imageBytes: 2 ** 53 - 1,
  /** Blocks of one image: counted in 31 bits; 8 TiB at 4 KiB a block, 128 TiB at 64 KiB. */
  imageBlocks: 2 ** 31 - 1,
  blockBytesMinimum: 4 * 1024,
  blockBytesMaximum: 1024 * 1024,
  /** Image names are file names at the destination. */
  nameCharacters: 64,
  /** Error text that crosses the wire; more is cut. */
  textCharacters: 2048,
  tokenCharacters: 4096,
  /** What a workload's drivers tell each other: a VM's manifest, a list of findings. Up to three bytes a character. */
  documentCharacters: 12 * 1024,
  /** A connection that has not said a valid hello by then is closed (engine.md section 4). */
  helloTimeoutMs: 10_000,
  /** Connections that have not said hello yet; beyond it new ones are closed at once. */
  pendingConnections: 64,
  /** Migrations that one destination receives at a time; each holds threads and buffers. */
  incomingMigrations: 8,
  /** Migrations whose source is away: each holds files open, and room. */
  waitingMigrations: 32,
  /** How long a source may mean to try to come back: what a timer holds, 24 days. */
  patienceMs: 2 ** 31 - 1,
  /** Unacknowledged wire bytes a lane: 16 MiB covers 1 Gbit/s x 128 ms. */
  windowBytes: 16 * 1024 * 1024,
  /** NACKs and mismatches of one migration beyond which the path or the storage is not to be trusted. */
  mismatches: 1024,
  /** Links of one migration that may end because bytes were damaged on the way; beyond it the peer is hostile, or the path is not to be used. */
  damagedLinks: 16,

  /** Payload of one NBD request: what clients assume where nothing was negotiated (NBD specification, "Size constraints"). */
  nbdRequestBytes: 32 * 1024 * 1024,
  /** Payloads that one NBD connection may have in flight, written and read; beyond it nothing more is received. */
  nbdInFlightBytes: 64 * 1024 * 1024,
  /** The same of all NBD connections of one thread of an agent, but for one request of each: what a shut gate costs in memory. */
  nbdThreadInFlightBytes: 256 * 1024 * 1024,
  /**
   * Payloads that all clients of a proxy together may have in flight: while no owner is found they are held for
   * minutes, and a proxy that is killed for its memory loses all of them.
   */
  nbdProxyInFlightBytes: 1024 * 1024 * 1024,
  /** Requests that one NBD connection may have in flight: fio and QEMU stay below; beyond it nothing more is received. */
  nbdInFlightRequests: 256,
  /** NBD connections of one agent; beyond it new ones are closed at once. */
  nbdConnections: 128,
  /** Clients of one proxy: each takes a connection of the agent, which must have room left for the proxy's questions. */
  nbdProxyConnections: 96,
  /** Data of one NBD option: names of up to 4,096 bytes and a list of contexts; longer ones are skipped and refused. */
  nbdOptionBytes: 64 * 1024,
  /** Options that wait while an earlier one is answered: several of the longest, and the largest read of a socket. */
  nbdQueuedOptionBytes: 1024 * 1024,
  /** Options that one NBD client may send before it chooses an export. */
  nbdOptions: 1024,
  /** Longest export name (NBD specification, "Strings"). */
  nbdNameBytes: 4096,
  /** An NBD client that has not chosen an export by then is closed, unless it waits for one. */
  nbdHandshakeTimeoutMs: 10_000,
  /** Runs in one answer to BLOCK_STATUS: 8 bytes each, QEMU answers up to 131,072. */
  nbdExtents: 16 * 1024,
} as const;
