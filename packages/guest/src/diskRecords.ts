import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { run, runWell } from './program.js';

/** As init/writer.c writes them: magic, payload's length, number, checksum, payload. */
const MAGIC = 0x31525747;
const CRC_AT = 16;
const HEADER_BYTES = 20;
/** e2fsck(8): errors corrected, which is what replaying a journal is to it. */
const CORRECTED = 1;

/** What a disk's records are. */
export interface RecordsVerdict {
  /** What is wrong; none is the good verdict. */
  readonly findings: readonly string[];
  /** The last whole record; all from 1 on are there. 0 for none. */
  readonly lastSeq: number;
  /** Behind it: an append that was under way. */
  readonly tailBytes: number;
}

/** Judges the bytes of a file of records. */
export function parseRecords(bytes: Buffer): RecordsVerdict {
  let [at, seq] = [0, 0];
  const ended = (findings: readonly string[]) => ({ findings, lastSeq: seq, tailBytes: bytes.length - at });
  while (bytes.length - at >= HEADER_BYTES) {
    const payloadBytes = bytes.readUInt32LE(at + 4);
    const number = bytes.readBigUInt64LE(at + 8);
    if (bytes.readUInt32LE(at) !== MAGIC || number !== BigInt(seq + 1)) {
      return ended([`behind record ${seq} stands no record ${seq + 1}, at byte ${at}`]);
    }
    const end = at + HEADER_BYTES + payloadBytes;
    if (end > bytes.length) break;
    const sum = crc32(bytes.subarray(at + HEADER_BYTES, end), crc32(bytes.subarray(at, at + CRC_AT)));
    if (sum !== bytes.readUInt32LE(at + CRC_AT))
      return ended([`record ${seq + 1} has a wrong checksum, at byte ${at}`]);
    [at, seq] = [end, seq + 1];
  }
  return ended([]);
}

/** An empty file system of its own kind for the guest's first disk; the file exists in its size. */
export async function makeRecordDisk(image: string): Promise<void> {
  await runWell('mkfs.ext4', ['-q', '-F', image]);
}

/**
 * Reads the records off a raw disk image without the guest. The file system may be one that was mounted when the machine
 * stopped: its journal is replayed in a copy, which is made in `folder`, and must then be without fault.
 */
export async function readRecords(image: string, folder: string): Promise<RecordsVerdict> {
  const copy = join(folder, 'disk-to-read.raw');
  const dumped = join(folder, 'records');
  await copyFile(image, copy);
  const replayed = await run('e2fsck', ['-y', '-E', 'journal_only', copy]);
  const checked = await run('e2fsck', ['-f', '-n', copy]);
  const faults: string[] = [];
  if (replayed.code > CORRECTED) faults.push(`e2fsck cannot replay the journal: ${replayed.stdout}${replayed.stderr}`);
  if (checked.code !== 0) faults.push(`e2fsck finds: ${checked.stdout}${checked.stderr}`);
  await runWell('debugfs', ['-R', `dump /records ${dumped}`, copy]);
  const verdict = parseRecords(await readFile(dumped));
  return { ...verdict, findings: [...faults, ...verdict.findings] };
}
