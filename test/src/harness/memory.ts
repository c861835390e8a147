import { readFileSync } from 'node:fs';

const SAMPLE_EVERY_MS = 20;

/** Bytes of main memory that a process holds now, as the kernel counts them (proc(5), RssAnon without the files that it maps). */
export function residentBytesOf(pid: number): number {
  const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} has no RssAnon`);
  return Number(kibibytes) * 1024;
}

/** The most that a process held while something went on. */
export async function peakBytesDuring(pid: number, work: () => Promise<unknown>): Promise<number> {
  let peakBytes = residentBytesOf(pid);
  const sampling = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytesOf(pid));
  }, SAMPLE_EVERY_MS);
  try {
    await work();
  } finally {
    clearInterval(sampling);
  }
  return Math.max(peakBytes, residentBytesOf(pid));
}
