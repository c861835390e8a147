import { ORACLE_ADDRESS_BYTES } from './scanOracle.js';

/** Of the guest's servers (init/guest.h). */
export const ECHO_PORT = 7;
export const COMMAND_PORT = 8;

/** What the guest does; see init/settings.c. */
export interface GuestWork {
  readonly tickMs?: number;
  readonly oracleMiB?: number;
  /** After each page; 0 dirties as fast as the machine can. 1000 unless told, about 4 MB/s. */
  readonly oraclePauseMicros?: number;
  readonly writesPerSec?: number;
  readonly writeBytes?: number;
  /** Random writes past the page cache, to the second disk where there is one; none unless told. */
  readonly busyKiBPerSec?: number;
  /** Over so much of it, or of a file on the first disk; 64 unless told. */
  readonly busyMiB?: number;
  /** Counter, oracle, writer, servers. */
  readonly off?: readonly ('a' | 'b' | 'c' | 'd')[];
}

const ORACLE_MIB = 64;

/** The kernel's command line: the oracle's memory is kept out of the kernel's hands here. */
export function kernelCommandLine(work: GuestWork = {}): string {
  const { oracleMiB = ORACLE_MIB, oraclePauseMicros = 1000, writesPerSec = 20, writeBytes = 1000 } = work;
  const parts = ['console=ttyS0 quiet panic=-1', `memmap=${oracleMiB}M$0x${ORACLE_ADDRESS_BYTES.toString(16)}`];
  parts.push(`godwit.oracle=${oracleMiB},${oraclePauseMicros}`, `godwit.writer=${writesPerSec},${writeBytes}`);
  if (work.tickMs !== undefined) parts.push(`godwit.tick=${work.tickMs}`);
  const { busyKiBPerSec, busyMiB = 64 } = work;
  if (busyKiBPerSec !== undefined) parts.push(`godwit.busy=${busyKiBPerSec},${busyMiB}`);
  if (work.off !== undefined) parts.push(`godwit.off=${work.off.join(',')}`);
  return parts.join(' ');
}
