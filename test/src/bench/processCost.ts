import { readFileSync } from 'node:fs';

/** USER_HZ of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const UTIME_FIELD = 13;
const CUTIME_FIELD = 15;

/** Processor seconds that a process has used, all its threads together (proc(5), stat fields 14 and 15). */
export function cpuSecondsOf(pid: number): number {
  return ticksOf(`/proc/${pid}/stat`, UTIME_FIELD);
}

/** Processor seconds of this process's children that have ended (fields 16 and 17). */
export function cpuSecondsOfChildren(): number {
  return ticksOf('/proc/self/stat', CUTIME_FIELD);
}

/** Largest resident set that a process ever had, in MiB (VmHWM). */
export function peakMebibytesOf(pid: number): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes ?? Number.NaN) / 1024;
}

function ticksOf(path: string, field: number): number {
  // The name in parentheses may hold spaces; what follows it does not.
  const text = readFileSync(path, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (index: number): number => Number(fields[index - 2]);
  return (at(field) + at(field + 1)) / TICKS_PER_SECOND;
}
