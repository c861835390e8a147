import { libc } from './libc.js';

/** System call numbers of ioprio_set and ioprio_get; glibc has no functions for them (ioprio_set(2)). */
const NUMBERS: Readonly<Record<string, { readonly set: number; readonly get: number }>> = {
  x64: { set: 251, get: 252 },
  arm64: { set: 30, get: 31 },
};
const numbers = NUMBERS[process.arch];

/** With who = 0: the calling thread. */
const IOPRIO_WHO_PROCESS = 1;
/** IOPRIO_CLASS_IDLE (3) in the class bits: served when nobody else has asked the disk for a while. */
const IDLE = 3 << 13;

/**
 * Does `work` with the calling thread at idle I/O priority, if `applies`, and puts the former priority back.
 * Without the system call, or where it is refused, the work is done as it is: the priority is a wish, and
 * only some of the kernel's I/O schedulers (bfq, mq-deadline) look at it.
 */
export function inBackground<T>(applies: boolean, work: () => T): T {
  const before = applies ? ioPriority() : undefined;
  if (before === undefined || !setIoPriority(IDLE)) return work();
  try {
    return work();
  } finally {
    setIoPriority(before);
  }
}

/** Of the calling thread, as ioprio_get(2) says it; undefined where it cannot be asked. */
export function ioPriority(): number | undefined {
  if (libc === undefined || numbers === undefined) return undefined;
  const priority = libc.syscall(numbers.get, IOPRIO_WHO_PROCESS, 0, 0);
  return priority < 0 ? undefined : priority;
}

function setIoPriority(priority: number): boolean {
  if (libc === undefined || numbers === undefined) return false;
  return libc.syscall(numbers.set, IOPRIO_WHO_PROCESS, 0, priority) === 0;
}
