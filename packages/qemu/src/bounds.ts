const KIB = 1024;
const MIB = KIB * KIB;
const GIB = KIB * MIB;

/** Everything here that has an end, each with its reason. */
export const QEMU_BOUNDS = {
  /** Answers that list what a machine has are tens of kilobytes; no program that is QEMU sends more than this. */
  lineBytes: 16 * MIB,
  /** QEMU answers in milliseconds, unless it waits for a disk. */
  answerMs: 10_000,
  /** `stop` lets the guest's disk requests end first, and a disk may be up to `reconnectDelaySeconds` away. */
  stopMs: 90_000,
  /** Device state is 300 KB for a small machine; what is megabytes has the guest's memory in it. */
  stateBytes: 64 * MIB,
  /** Milliseconds where it was measured; a large machine on a busy host takes longer. */
  stateMs: 60_000,
  /** From the start of a program until it answers. */
  startMs: 30_000,
  /** Between looks at a program that says nothing by itself when it is ready or has ended. */
  lookMs: 20,
  /** What `quit` and SIGTERM each get before the next, harder way. */
  endMs: 5_000,
  /** After SIGKILL: a process that waits for a file ends when that does. */
  killMs: 5_000,
  /** Of what a program wrote to its stderr, the end that is shown. */
  lastWordsBytes: 4 * KIB,
  lastWordsLines: 5,
  /** How long QEMU holds requests back for an NBD server that is away, before it fails them: an agent is restarted meanwhile. */
  reconnectDelaySeconds: 3600,
  /** Of a unix socket's path (sun_path is 108 with its end). */
  socketPathBytes: 107,
  /** A record of a process is a few hundred bytes. */
  recordBytes: 64 * KIB,
  /** `umount` and programs that are asked for their version or what they can do. */
  commandMs: 15_000,
  commandBytes: 4 * MIB,
  /** To write what a guest changed, or read all of its memory: 100 GB at 200 MB/s, and a bound only so that there is one. */
  collectMs: 600_000,
  /** What of a running guest's memory is written back at a time: a guest that touches a page of it waits for all of it. */
  collectStepBytes: 2 * MIB,
  /** A word, or why it failed. */
  ramAnswerBytes: KIB,
  /** Some ten thousand ranges of a memory's file. */
  ramRequestBytes: MIB,
  /** Ranges of one request, of at most two numbers of 16 digits each. */
  ramRanges: 16 * KIB,
  /** Between tries to write a guest's page to an agent that is away. */
  ramRetryMs: 100,
  /** What FUSE asks for in one request at most (256 pages). */
  readAheadBytes: MIB,
  manifestBytes: MIB,
  nameCharacters: 40,
  /** A place of its own on the root bus for each: see commandLine/places.ts. */
  disks: 16,
  nics: 8,
  forwards: 64,
  arguments: 256,
  argumentCharacters: 4 * KIB,
  cpus: 1024,
  /** QEMU and SeaBIOS start with less, no guest does. */
  smallestMemoryBytes: 16 * MIB,
  largestMemoryBytes: 4 * KIB * GIB,
  /** Memory comes in whole ones, so that blocks of the image and pages of any size fit in. */
  memoryStepBytes: MIB,
  /** VIRTIO_BLK_ID_BYTES. */
  serialCharacters: 20,
} as const;
