import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const UTIME_FIELD = 13;
const CUTIME_FIELD = 15;

/** Processor seconds that a process has used, all its threads together (proc(5), stat fields 14 and 15). */
export function cpuSecondsOf(pid: number): number {
  return ticksOf(`/proc/${pid}/stat`, UTIME_FIELD);
}

/** Processor seconds that the first thread of a process has used: of node, the one of JavaScript that is no worker. */
export function mainThreadSecondsOf(pid: number): number {
  return ticksOf(`/proc/${pid}/task/${pid}/stat`, UTIME_FIELD);
}

/** Processor seconds of a process, and of its children that have ended (fields 14 to 17). */
export function cpuSecondsWithChildren(pid: number): number {
  return cpuSecondsOf(pid) + ticksOf(`/proc/${pid}/stat`, CUTIME_FIELD);
}

/** Processor seconds of this process's children that have ended (fields 16 and 17). */
export function cpuSecondsOfChildren(): number {
  return ticksOf('/proc/self/stat', CUTIME_FIELD);
}

/** Largest resident set that a process ever had, in MiB (VmHWM). */
export function peakMebibytesOf(pid: number): number {
  return mebibytesOf(pid, /^VmHWM:\s+(\d+) kB/m);
}

/** Resident set now, in MiB (VmRSS). */
export function residentMebibytesOf(pid: number): number {
  return mebibytesOf(pid, /^VmRSS:\s+(\d+) kB/m);
}

export function threadsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).length;
}

/** The children of a process that run now (proc(5), task/TID/children of its first thread). */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function mebibytesOf(pid: number, line: RegExp): number {
  const kibibytes = line.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes ?? Number.NaN) / 1024;
}

function ticksOf(path: string, field: number): number {
  // The name in parentheses may hold spaces; what follows it does not.
  const text = readFileSync(path, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (index: number): number => Number(fields[index - 2]);
  return (at(field) + at(field + 1)) / TICKS_PER_SECOND;
}
