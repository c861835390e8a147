/** A guest that works while it moves, and what was seen of the switch: from inside, by its console, and from outside. */
import { type ConsoleLog, EchoWatch, type GuestConsole, type GuestStatus, guestStatus } from '@godwit/guest';
import type { Skippable } from '../../harness/tools.js';
import { type Place, Refusal } from '../measured.js';

export interface VmPlan {
  readonly place: Place;
  readonly memoryMiB: number;
  readonly diskMiB: number;
  /** Of either mover; each has an estimate of its own of what it takes. */
  readonly downtimeLimitMs: number;
}

/** A machine that cannot be run here is a reason to be left out. */
export const REFUSING: Skippable = {
  skip: (note) => {
    throw new Refusal(note);
  },
};

const MEBIBYTE = 1024 ** 2;
const PATIENCE_MS = 60_000;
/** Lines of the counter that are waited for at the destination, some seconds: what the guest lacks there shows in these. */
const TICKS_AFTER = 200;

export function movedBytesOf({ memoryMiB, diskMiB }: VmPlan): number {
  return (memoryMiB + diskMiB) * MEBIBYTE;
}

/** All that the guest does goes on. */
export function atWork(console: GuestConsole): Promise<void> {
  return console.until('some work', isAtWork, { patienceMs: PATIENCE_MS });
}

function isAtWork({ ticks, diskSeq, oracle }: ConsoleLog): boolean {
  return ticks.length > 200 && diskSeq > 20 && oracle !== undefined;
}

/** A guest on whatever path, watched from before its move until it has worked at the destination for a while. */
export class SwitchWatch {
  readonly #console: GuestConsole;
  readonly #echo: EchoWatch;
  readonly #lastTick: number;
  readonly #before: GuestStatus;
  readonly #steadyGapMs: number;

  private constructor(console: GuestConsole, echo: EchoWatch, before: GuestStatus, steadyGapMs: number) {
    this.#console = console;
    this.#echo = echo;
    this.#before = before;
    this.#steadyGapMs = steadyGapMs;
    this.#lastTick = console.lastTick?.seq ?? 0;
  }

  /** Ports that lead to the guest's servers at the source, and the destination's echo port. */
  static async begin(
    console: GuestConsole,
    ports: { readonly command: number; readonly echo: number; readonly laterEcho: number },
  ): Promise<SwitchWatch> {
    const before = await guestStatus(ports.command);
    const firstTick = console.lastTick?.seq ?? 0;
    const echo = EchoWatch.begin([ports.echo, ports.laterEcho]);
    await console.until('answers', ({ lastTick }) => echo.answered > 20 && (lastTick?.seq ?? 0) > firstTick + 100);
    echo.takeLongestGapMs();
    return new SwitchWatch(console, echo, before, console.longestGap(firstTick).hostMs);
  }

  /** Waits for work at the destination. @throws Error where the guest lost anything */
  async end(commandPort: number): Promise<Record<string, number>> {
    const answeredByNow = this.#echo.answered;
    const tickByNow = this.#console.lastTick?.seq ?? 0;
    const isOver = ({ lastTick }: ConsoleLog) => (lastTick?.seq ?? 0) > tickByNow + TICKS_AFTER;
    await this.#console.until('the guest to go on', (log) => isOver(log) && this.#echo.answered > answeredByNow + 20, {
      patienceMs: PATIENCE_MS,
    });
    const silentMs = this.#echo.takeLongestGapMs();
    this.#echo.stop();
    const gaps = this.#console.longestGap(this.#lastTick);
    await this.#judge(commandPort);
    return {
      'echo silent ms': silentMs,
      'counter stood ms': gaps.hostMs,
      'counter stood by the guest ms': gaps.guestMs,
      'counter stood before ms': this.#steadyGapMs,
    };
  }

  async #judge(commandPort: number): Promise<void> {
    const { bootId, oracle, disk, oraclePasses } = await guestStatus(commandPort);
    if (bootId !== this.#before.bootId) throw new Error('the guest was started anew');
    if (oracle !== 'ok' || disk !== 'ok') throw new Error(`the guest lost something: ${oracle}; ${disk}`);
    if (oraclePasses < this.#before.oraclePasses) throw new Error('the guest went back in time');
    const seqs = this.#console.ticks.map(({ seq }) => seq);
    const isWhole = seqs.every((seq, index) => seq === (seqs[0] ?? 0) + index);
    if (!isWhole) throw new Error('lines of the counter are missing, or came twice');
  }
}
