import { GodwitError } from '@godwit/errors';
import type { LiveImage } from '@godwit/image';

/** QEMU's stream without memory is a few hundred KB; devices with buffers of their own (sound, TPM, graphics) have more. */
export const STATE_IMAGE_BYTES = 64 * 1024 * 1024;
/** Magic, then the length as u64 little-endian; the stream follows at the next 4 KiB. */
const MAGIC = Buffer.from('GDWTVMS1', 'latin1');
const HEAD_BYTES = 4096;
/** Bytes of one write. */
const PIECE_BYTES = 1024 * 1024;

/** Writes a machine's device state to its image, through the gate: it travels as any other bytes do. @throws GodwitError E_TOO_LARGE */
export async function writeState(image: LiveImage, state: Buffer): Promise<void> {
  if (state.length > image.size - HEAD_BYTES) {
    const limit = `${image.size - HEAD_BYTES} bytes`;
    throw new GodwitError('E_TOO_LARGE', { what: 'the device state', value: `${state.length} bytes`, limit });
  }
  for (let at = 0; at < state.length; at += PIECE_BYTES) {
    await image.write(HEAD_BYTES + at, Buffer.from(state.subarray(at, at + PIECE_BYTES)));
  }
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  head.writeBigUInt64LE(BigInt(state.length), MAGIC.length);
  await image.write(0, head);
}

/** Reads it back beneath the gate, from a copy that is whole and not owned yet. @throws GodwitError E_WORKLOAD */
export async function readState(image: LiveImage): Promise<Buffer> {
  const head = Buffer.alloc(HEAD_BYTES);
  await image.file.read(head, 0);
  const length = Number(head.readBigUInt64LE(MAGIC.length));
  if (!head.subarray(0, MAGIC.length).equals(MAGIC) || length > image.size - HEAD_BYTES) {
    throw new GodwitError('E_WORKLOAD', { problem: `${image.name} holds no device state` });
  }
  const state = Buffer.alloc(length);
  await image.file.read(state, HEAD_BYTES);
  return state;
}
