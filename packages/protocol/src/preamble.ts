import { strict as assert } from 'node:assert';
import { GodwitError } from '@godwit/errors';
import { OLDEST_VERSION, PROTOCOL_MAGIC, PROTOCOL_VERSION, Role, type RoleName } from './frameType.js';

/** First bytes of a connection: magic (4), version (u16 big-endian), role (u8), 1 where TLS follows or else 0 (u8). */
export const PREAMBLE_BYTES = 8;

const MAGIC = Buffer.from(PROTOCOL_MAGIC, 'latin1');
/** Last byte of a preamble. Who does not know of TLS refuses any but 0. */
const PLAIN = 0;
const TLS_FOLLOWS = 1;

/**
 * The preamble that the connecting side writes. `version` is a u16 and PROTOCOL_VERSION unless given; `isSecure`: TLS
 * follows.
 */
export function encodePreamble(role: RoleName, version: number = PROTOCOL_VERSION, isSecure = false): Buffer {
  assert(Number.isInteger(version) && version >= 0 && version <= 0xffff, `version ${version} is no u16`);
  const preamble = Buffer.alloc(PREAMBLE_BYTES);
  MAGIC.copy(preamble);
  preamble.writeUInt16BE(version, 4);
  preamble.writeUInt8(Role[role], 6);
  preamble.writeUInt8(isSecure ? TLS_FOLLOWS : PLAIN, 7);
  return preamble;
}

/**
 * Reads the first PREAMBLE_BYTES of `bytes`; the caller has collected at least so many.
 *
 * `version` is what the peer speaks; the connection speaks min(both), which HelloAck says. A newer peer
 * is refused, for what it changed cannot be known here: it may connect again as PROTOCOL_VERSION.
 *
 * @throws GodwitError E_NOT_GODWIT (other magic; the caller knows the address better than 'peer'),
 * E_VERSION (outside OLDEST_VERSION to PROTOCOL_VERSION), E_PROTOCOL (unknown role, reserved byte set)
 */
export function parsePreamble(bytes: Uint8Array): { version: number; role: RoleName; isSecure: boolean } {
  assert(bytes.length >= PREAMBLE_BYTES, `a preamble has ${PREAMBLE_BYTES} bytes, not ${bytes.length}`);
  const preamble = Buffer.from(bytes.buffer, bytes.byteOffset, PREAMBLE_BYTES);
  if (!preamble.subarray(0, MAGIC.length).equals(MAGIC)) throw new GodwitError('E_NOT_GODWIT', { address: 'peer' });
  const version = preamble.readUInt16BE(4);
  if (version < OLDEST_VERSION || version > PROTOCOL_VERSION) {
    throw new GodwitError('E_VERSION', { theirs: version, oldest: OLDEST_VERSION, newest: PROTOCOL_VERSION });
  }
  const role = roleOf(preamble.readUInt8(6));
  const last = preamble.readUInt8(7);
  if (last > TLS_FOLLOWS) throw new GodwitError('E_PROTOCOL', { problem: 'preamble: reserved byte is not 0 or 1' });
  return { version, role, isSecure: last === TLS_FOLLOWS };
}

function roleOf(number: number): RoleName {
  if (number === Role.control) return 'control';
  if (number === Role.lane) return 'lane';
  throw new GodwitError('E_PROTOCOL', { problem: `preamble: unknown role ${number}` });
}
