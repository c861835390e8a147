import { type GuestConsole, guestStatus } from '@godwit/guest';
import { GuestLost } from '../measured.js';

const MEBIBYTE = 1024 * 1024;
export const PAGE_BYTES = 4096;
/** Of the guest's memory those that the oracle writes to. */
const ORACLE_PAGES = (64 * MEBIBYTE) / PAGE_BYTES;

/** How a guest came along for a while. */
export interface Pace {
  /** That its oracle rewrote. */
  readonly pages: number;
  readonly seconds: number;
  /** The longest time between two lines of its counter, as the host saw them. */
  readonly gapMs: number;
}

/** The guest's pace while `work` lasts. @throws GuestLost where its oracle finds its memory changed */
export async function paceDuring(console: GuestConsole, port: number, work: () => Promise<void>): Promise<Pace> {
  const [before, seq] = [await pagesBy(port), console.lastTick?.seq];
  await work();
  const after = await pagesBy(port);
  return {
    pages: after.pages - before.pages,
    seconds: (after.atMs - before.atMs) / 1000,
    gapMs: console.longestGap(seq).hostMs,
  };
}

async function pagesBy(port: number): Promise<{ readonly pages: number; readonly atMs: number }> {
  const { oraclePasses, oraclePage, oracle } = await guestStatus(port);
  if (oracle !== 'ok') throw new GuestLost(`the guest's memory is not as it left it: ${oracle}`);
  return { pages: oraclePasses * ORACLE_PAGES + oraclePage, atMs: performance.now() };
}

/** The time in which the guest is watched. */
export function passing(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
