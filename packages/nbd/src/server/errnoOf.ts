import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { NbdErrno } from '../codec/constants.js';
import { NbdError } from '../nbdError.js';

/** A request that is answered with an error. */
export interface Refusal {
  readonly errno: number;
  /** For people; travels with structured replies. */
  readonly message: string;
}

/** NBD knows one errno for "no room" (NBD specification, "Error values"). */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What a client is told of whatever an export threw. */
export function refusalFor(thrown: unknown): Refusal {
  return { errno: errnoOf(thrown), message: problemOf(thrown) };
}

function errnoOf(thrown: unknown): number {
  if (thrown instanceof NbdError) return thrown.errno;
  if (!(thrown instanceof GodwitError)) return isNoRoom(thrown) ? NbdErrno.ENOSPC : NbdErrno.EIO;
  switch (thrown.code) {
    case 'E_MOVED':
    case 'E_SHUTDOWN':
      return NbdErrno.ESHUTDOWN;
    case 'E_COLD':
      return NbdErrno.EPERM;
    case 'E_RANGE':
      return NbdErrno.EINVAL;
    default:
      return isNoRoom(thrown.cause) ? NbdErrno.ENOSPC : NbdErrno.EIO;
  }
}

function isNoRoom(thrown: unknown): boolean {
  return NO_ROOM.has(systemCodeOf(thrown) ?? '');
}
