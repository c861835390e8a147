import { createHash } from 'node:crypto';

/**
 * A record file is two slots of equal size, each a multiple of the file system's block. A slot is one line of
 * header, one line of JSON, and zeros:
 *
 * ```
 * godwit-ownership sequence=000000000000012 format=2 slotBytes=00032768 bytes=00000345 sha256=...\n
 * {"identity":...}\n
 * ```
 *
 * Record n stands in slot n mod 2, so the newest is never written over, and both slots are of one file, whose
 * size does not change: putting a record on disk is one write and one fdatasync. A record that was torn is not
 * whole by its checksum, which covers the header, too; then the other slot has the one before.
 */
const SLOT_STEP_BYTES = 4096;

const MAGIC = 'godwit-ownership';
const FORMAT = 2;
const HEADER = /^godwit-ownership sequence=(\d{15}) format=2 slotBytes=(\d{8}) bytes=(\d{8}) sha256=([0-9a-f]{64})\n$/;
const HEADER_BYTES = header({ sequence: 0, slotBytes: 0, payload: Buffer.alloc(0) }).length;

/** A record as it stands in its slot. */
export interface SlotRecord {
  readonly sequence: number;
  readonly slotBytes: number;
  readonly payload: Buffer;
}

/** Bytes of a slot that a record takes. */
export function takenBytes(payload: Uint8Array): number {
  return Math.ceil((HEADER_BYTES + payload.length + 1) / SLOT_STEP_BYTES) * SLOT_STEP_BYTES;
}

/** Where record `sequence` goes. */
export function slotOffset(sequence: number, slotBytes: number): number {
  return (sequence % 2) * slotBytes;
}

/** The record with its header, and zeros up to a block's end, `atLeast` bytes in all. */
export function encodeSlot(record: SlotRecord, atLeast: number): Buffer {
  const slot = Buffer.alloc(Math.max(atLeast, takenBytes(record.payload)));
  slot.set(header(record), 0);
  slot.set(record.payload, HEADER_BYTES);
  slot[HEADER_BYTES + record.payload.length] = 0x0a;
  return slot;
}

/** The newest whole record of a file; what is wrong with the file when it holds none. */
export function newestRecord(file: Buffer): SlotRecord | string {
  const slotBytes = file.length / 2;
  if (slotBytes === 0 || slotBytes % SLOT_STEP_BYTES !== 0) return `${file.length} bytes are not two slots`;
  const [even, odd] = [0, 1].map((index) =>
    decodeSlot(file.subarray(index * slotBytes, (index + 1) * slotBytes), index),
  );
  if (even === undefined || odd === undefined) return even ?? odd ?? 'neither slot holds a whole record';
  return even.sequence > odd.sequence ? even : odd;
}

function decodeSlot(slot: Buffer, index: number): SlotRecord | undefined {
  const line = slot.toString('latin1', 0, HEADER_BYTES);
  const fields = HEADER.exec(line);
  if (fields === null) return undefined;
  const [sequence = 0, slotBytes = 0, length = 0] = fields.slice(1, 4).map(Number);
  if (slotBytes !== slot.length || sequence % 2 !== index || HEADER_BYTES + length >= slotBytes) return undefined;
  const record = { sequence, slotBytes, payload: slot.subarray(HEADER_BYTES, HEADER_BYTES + length) };
  return header(record).toString('latin1') === line ? record : undefined;
}

function header({ sequence, slotBytes, payload }: SlotRecord): Buffer {
  const digits = (value: number, width: number) => String(value).padStart(width, '0');
  const fields = `sequence=${digits(sequence, 15)} format=${FORMAT} slotBytes=${digits(slotBytes, 8)} bytes=${digits(payload.length, 8)}`;
  const sha256 = createHash('sha256').update(`${fields}\n`).update(payload).digest('hex');
  return Buffer.from(`${MAGIC} ${fields} sha256=${sha256}\n`, 'latin1');
}
