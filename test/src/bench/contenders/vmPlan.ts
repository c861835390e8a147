/** A guest that works while it moves, and what was seen of the switch: from inside, by its console, and from outside. */
import { type ConsoleLog, EchoWatch, type GuestConsole, type GuestStatus, guestStatus } from '@godwit/guest';
import { problemOf } from '../../../../packages/errors/dist/index.js';
import { Stage } from '../../harness/stage.js';
import type { Skippable } from '../../harness/tools.js';
import { GuestLost, type Place, Refusal } from '../measured.js';

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

/** Words of a kernel whose memory is not what it left there. */
const KERNEL_COMPLAINT = /Kernel panic|BUG: |Oops: |general protection fault|unable to handle/i;

/** What fails is told with what the machines and agents printed. */
export async function onStage<T>({ place }: Pick<VmPlan, 'place'>, work: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = new Stage(place.folder);
  try {
    return await work(stage);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const text = `${problemOf(error)}\n${stage.output()}`;
    throw error instanceof GuestLost ? new GuestLost(text, { cause: error }) : new Error(text, { cause: error });
  } finally {
    await stage.close();
  }
}

export function movedBytesOf({ memoryMiB, diskMiB }: VmPlan): number {
  return (memoryMiB + diskMiB) * MEBIBYTE;
}

/** All that the guest does goes on. */
export function atWork(console: GuestConsole, { writes = true } = {}): Promise<void> {
  const isAtWork = ({ ticks, diskSeq, oracle }: ConsoleLog): boolean =>
    ticks.length > 200 && (diskSeq > 20 || !writes) && oracle !== undefined;
  return console.until('some work', isAtWork, { patienceMs: PATIENCE_MS });
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

  /** Waits for work at the destination. @throws GuestLost where the guest lost anything */
  async end(commandPort: number): Promise<Record<string, number>> {
    try {
      return await this.#end(commandPort);
    } catch (error) {
      throw new GuestLost(problemOf(error), { cause: error });
    } finally {
      this.#echo.stop();
    }
  }

  async #end(commandPort: number): Promise<Record<string, number>> {
    const answeredByNow = this.#echo.answered;
    const tickByNow = this.#console.lastTick?.seq ?? 0;
    const isOver = (log: ConsoleLog) => {
      throwComplaint(log);
      return (log.lastTick?.seq ?? 0) > tickByNow + TICKS_AFTER && this.#echo.answered > answeredByNow + 20;
    };
    await this.#console.until('the guest to go on', isOver, { patienceMs: PATIENCE_MS });
    const silentMs = this.#echo.takeLongestGapMs();
    const gaps = this.#console.longestGap(this.#lastTick);
    await this.#judge(commandPort);
    throwComplaint(this.#console);
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

function throwComplaint({ otherLines }: ConsoleLog): void {
  const line = otherLines.find((words) => KERNEL_COMPLAINT.test(words));
  if (line !== undefined) throw new Error(`its kernel says: ${line}`);
}
