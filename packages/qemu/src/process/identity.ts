import { readFileSync } from 'node:fs';
import { systemCodeOf } from '@godwit/errors';

/** A process that is not mistaken for another: numbers of processes are used again, also after the host was started anew. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from the start of the host until the process began (proc(5), starttime). */
  readonly startTicks: string;
  readonly bootId: string;
}

const STATE = 0;
/** starttime is field 22, and what stands behind the program's name begins with field 3. */
const START_TICKS = 19;
/** They have ended, and wait for whoever started them to take note. */
const ENDED = new Set(['Z', 'X', 'x']);

let bootId: string | undefined;

/** Undefined when no such process runs. @throws Error when the kernel cannot be asked: nothing is known of it then */
export function identityOf(pid: number): ProcessIdentity | undefined {
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  const text = statOf(pid);
  if (text === undefined) return undefined;
  // The name may hold anything, parentheses too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTicks = fields[START_TICKS];
  if (startTicks === undefined || ENDED.has(fields[STATE] ?? '')) return undefined;
  return { pid, startTicks, bootId };
}

/** True while that very process runs, and while nobody can tell: for want of a descriptor no guest is taken for dead. */
export function isRunning(identity: ProcessIdentity): boolean {
  try {
    const now = identityOf(identity.pid);
    return now?.startTicks === identity.startTicks && now.bootId === identity.bootId;
  } catch {
    return true;
  }
}

/** proc(5); undefined when there is no such process. */
function statOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    // It may end between the opening and the reading.
    if (['ENOENT', 'ESRCH'].includes(systemCodeOf(error) ?? '')) return undefined;
    throw error;
  }
}
