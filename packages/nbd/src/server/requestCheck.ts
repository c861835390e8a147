import { LIMITS } from '@godwit/protocol';
import { Command, CommandFlag, NbdErrno } from '../codec/constants.js';
import type { Request } from '../codec/requestParser.js';
import type { AnsweredRequest } from '../export.js';
import type { Refusal } from './errnoOf.js';

/** What a request is judged by, besides itself. */
export interface RequestRules {
  /** Bytes of the export. */
  readonly size: number;
  readonly readOnly: boolean;
  readonly structuredReplies: boolean;
  /** How many meta contexts were agreed. */
  readonly contexts: number;
}

type Kind = AnsweredRequest['kind'];

const KINDS: readonly (Kind | undefined)[] = kindsByCommand({
  [Command.read]: 'read',
  [Command.write]: 'write',
  [Command.flush]: 'flush',
  [Command.trim]: 'trim',
  [Command.cache]: 'cache',
  [Command.writeZeroes]: 'zero',
  [Command.blockStatus]: 'status',
});

/** The kind of a request that can be answered; undefined for an unknown command. */
export function kindOf(command: number): Kind | undefined {
  return KINDS[command];
}

function kindsByCommand(kinds: Readonly<Record<number, Kind>>): (Kind | undefined)[] {
  return Array.from({ length: Command.blockStatus + 1 }, (_, command) => kinds[command]);
}

/** FUA is taken with every command and means nothing with most (NBD specification, "Command flags"). */
const FLAGS: Readonly<Record<Kind, number>> = {
  read: CommandFlag.fua,
  write: CommandFlag.fua,
  flush: CommandFlag.fua,
  trim: CommandFlag.fua,
  cache: CommandFlag.fua,
  zero: CommandFlag.fua | CommandFlag.noHole | CommandFlag.fastZero,
  status: CommandFlag.fua | CommandFlag.reqOne,
};

/**
 * Why a request is not carried out, as the NBD specification has it under "Request types" and "Error values";
 * undefined when it is. A length of zero is unspecified there: nothing is done and all is well, as qemu-nbd
 * has it, but for BLOCK_STATUS, whose answer cannot be empty.
 */
export function refusalOf(kind: Kind, request: Request, rules: RequestRules): Refusal | undefined {
  const allowed = kind === 'read' && rules.structuredReplies ? CommandFlag.fua | CommandFlag.df : FLAGS[kind];
  if ((request.flags & ~allowed) !== 0)
    return invalid(`flags 0x${request.flags.toString(16)} do not go with a ${kind}`);
  switch (kind) {
    case 'flush':
      return request.offset === 0 && request.length === 0 ? undefined : invalid('a flush has no offset and no length');
    case 'write':
    case 'zero':
    case 'trim':
      if (rules.readOnly) return { errno: NbdErrno.EPERM, message: 'the export is read-only' };
      break;
    case 'read':
      if (request.length > LIMITS.nbdRequestBytes)
        return invalid(`at most ${LIMITS.nbdRequestBytes} bytes are read at once`);
      break;
    case 'status':
      if (rules.contexts === 0) return invalid('no meta context was agreed');
      if (request.length === 0) return invalid('the status of no bytes');
      break;
    default:
  }
  return outOfRange(kind, request, rules.size);
}

function outOfRange(kind: Kind, { offset, length }: Request, size: number): Refusal | undefined {
  if (offset <= size && length <= size - offset) return undefined;
  const errno = kind === 'write' || kind === 'zero' ? NbdErrno.ENOSPC : NbdErrno.EINVAL;
  return { errno, message: `offset ${offset} + length ${length} is outside the export of ${size} bytes` };
}

function invalid(message: string): Refusal {
  return { errno: NbdErrno.EINVAL, message };
}
