/**
 * The thread that reads the kernel's requests. It answers all but writes and fsyncs by itself, one after the other and without a turn of
 * an event loop: a page that a guest waits for is a read of the image and a reply.
 */
import { openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { problemOf, systemCodeOf } from '@godwit/errors';
import { readRequest, sendWhole } from './device.js';
import type { FromLoop, LoopStart } from './messages.js';
import {
  attributesReply,
  DATA_BYTES,
  headOf,
  initReply,
  Opcode,
  OUT_HEADER_BYTES,
  openReply,
  putHeader,
  rangeOf,
  statfsReply,
  wantedSizeOf,
} from './protocol.js';
import { Slots } from './slots.js';

const { errno } = constants;
const start: LoopStart = workerData;
const { fd, size } = start;
const slots = Slots.attach(start.slots);
const image = openSync(start.imagePath, 'r');
const out = Buffer.alloc(OUT_HEADER_BYTES + DATA_BYTES);
const attributes = attributesReply(size, process.getuid?.() ?? 0, process.getgid?.() ?? 0);

/** What is the same each time. */
const FIXED = new Map<number, Buffer>([
  [Opcode.init, initReply()],
  [Opcode.getattr, attributes],
  [Opcode.open, openReply()],
  [Opcode.statfs, statfsReply()],
  [Opcode.release, Buffer.alloc(0)],
  [Opcode.destroy, Buffer.alloc(0)],
]);

function tell(message: FromLoop): void {
  parentPort?.postMessage(message);
}

function reply(unique: bigint, body: Buffer): void {
  body.copy(out, OUT_HEADER_BYTES);
  sendWhole(fd, out, putHeader(out, unique, body.length));
}

function refuse(unique: bigint, code: number): void {
  sendWhole(fd, out, putHeader(out, unique, 0, code));
}

/** What is behind the image's end, if it is shorter, reads as zeros. */
function read(unique: bigint, request: Buffer): void {
  const { offset, length } = rangeOf(request);
  const wanted = Math.max(0, Math.min(length, size - offset));
  try {
    // Never in part: the kernel would take that for the file's end.
    if (wanted > DATA_BYTES) throw new RangeError('it is more than was agreed on');
    let done = 0;
    for (let got = -1; done < wanted && got !== 0; done += got) {
      got = readSync(image, out, OUT_HEADER_BYTES + done, wanted - done, offset + done);
    }
    out.fill(0, OUT_HEADER_BYTES + done, OUT_HEADER_BYTES + wanted);
    sendWhole(fd, out, putHeader(out, unique, wanted));
  } catch (error) {
    const code = systemCodeOf(error);
    refuse(unique, errno.EIO);
    tell({ type: 'trouble', problem: `reading ${length} bytes at ${offset}: ${code ?? problemOf(error)}` });
  }
}

/** Whether the slot is the main thread's now. */
function isHandedOn(slot: number): boolean {
  const request = slots.bytesOf(slot);
  const { opcode, unique } = headOf(request);
  const fixed = FIXED.get(opcode);
  if (fixed !== undefined) reply(unique, fixed);
  else if (opcode === Opcode.read) read(unique, request);
  else if (opcode === Opcode.fsync) tell({ type: 'flush', unique });
  else if (opcode === Opcode.write) {
    const { offset, length } = rangeOf(request);
    if (length <= DATA_BYTES && offset + length <= size) {
      tell({ type: 'write', unique, slot, offset, length });
      return true;
    }
    refuse(unique, errno.EFBIG);
  } else if (opcode === Opcode.setattr) {
    if ((wantedSizeOf(request) ?? size) === size) reply(unique, attributes);
    else refuse(unique, errno.EPERM);
  } else if (opcode !== Opcode.forget && opcode !== Opcode.batchForget && opcode !== Opcode.interrupt) {
    refuse(unique, errno.ENOSYS);
  }
  return false;
}

for (;;) {
  const slot = slots.take();
  if (readRequest(fd, slots.bytesOf(slot)) === undefined) break;
  if (!isHandedOn(slot)) slots.release(slot);
}
tell({ type: 'ended' });
