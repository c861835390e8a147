import { readFileSync } from 'node:fs';

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

/** Undefined when no such process runs. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name may hold anything, parentheses too.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const startTicks = fields[START_TICKS];
    if (startTicks === undefined || ENDED.has(fields[STATE] ?? '')) return undefined;
    return { pid, startTicks, bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() };
  } catch {
    return undefined;
  }
}

/** True while that very process runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  const now = identityOf(identity.pid);
  return now?.startTicks === identity.startTicks && now.bootId === identity.bootId;
}
