/** A line of the counter: the guest's clocks, and when the host read it, in ms of performance.now(). */
export interface Tick {
  readonly seq: number;
  readonly monotonicMs: number;
  readonly boottimeMs: number;
  readonly seenAtMs: number;
}

/** Between two lines of the counter that follow each other. */
export interface Gap {
  readonly afterSeq: number;
  /** By the guest's monotonic clock, which stands while the machine is stopped. */
  readonly guestMs: number;
  /** As the host saw it. */
  readonly hostMs: number;
}

export interface OracleLine {
  readonly passes: number;
  /** So many pages are one pass ahead. */
  readonly page: number;
  /** `ok`, or `BAD` and what the guest found itself. */
  readonly verdict: string;
}

/** All lines of the guest; a line that another one was mixed into is none of them. */
const LINE =
  /^(?:t \d+ \d+ \d+|d \d+|(?:oracle|busy) \d+ \d+ (?:ok|BAD .*)|boot [0-9a-f-]{36}|error .*|off|ready(?: disk \d+ (?:ok|BAD .*))?)$/;

/** What the guest said so far (init/guest.h lists the lines). */
export class ConsoleLog {
  readonly ticks: Tick[] = [];
  /** In the order in which they were first said: more than one is a machine that was started anew. */
  readonly bootIds: string[] = [];
  readonly errors: string[] = [];
  /** What is not of ours: the kernel's words. */
  readonly otherLines: string[] = [];
  /** The last record that the guest knows to be on the disk; 0 for none. */
  diskSeq = 0;
  /** The records that were there at the start, and what they were found to be; nothing before that is known. */
  replay: { readonly seq: number; readonly verdict: string } | undefined;
  oracle: OracleLine | undefined;
  busy: { readonly writes: number; readonly bytes: number; readonly verdict: string } | undefined;
  isReady = false;
  isOff = false;
  #rest = '';

  get lastTick(): Tick | undefined {
    return this.ticks.at(-1);
  }

  /** Takes the next bytes of the console; a line that has not ended yet waits for its rest. */
  feed(text: string, seenAtMs: number): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#read(line.replace(/\r$/, ''), seenAtMs);
  }

  /** Between all lines of the counter, those of `sinceSeq` and later. */
  gaps(sinceSeq = 0): Gap[] {
    const ticks = this.ticks.filter(({ seq }) => seq >= sinceSeq);
    return ticks.slice(1).map((tick, index) => {
      const before = ticks[index] ?? tick;
      return {
        afterSeq: before.seq,
        guestMs: tick.monotonicMs - before.monotonicMs,
        hostMs: tick.seenAtMs - before.seenAtMs,
      };
    });
  }

  /** The longest of the gaps by either clock; zeros when there is none. */
  longestGap(sinceSeq = 0): { readonly guestMs: number; readonly hostMs: number } {
    const gaps = this.gaps(sinceSeq);
    return {
      guestMs: gaps.reduce((longest, { guestMs }) => Math.max(longest, guestMs), 0),
      hostMs: gaps.reduce((longest, { hostMs }) => Math.max(longest, hostMs), 0),
    };
  }

  #read(line: string, seenAtMs: number): void {
    const [word = '', ...values] = line.split(' ');
    if (LINE.test(line)) this.#take(word, values, seenAtMs);
    else if (line !== '') this.otherLines.push(line);
  }

  #take(word: string, values: readonly string[], seenAtMs: number): void {
    const [one = 0, two = 0, three = 0] = values.map(Number);
    const [first = '', second = ''] = values;
    const verdict = values.slice(2).join(' ');
    if (word === 't') this.ticks.push({ seq: one, monotonicMs: two, boottimeMs: three, seenAtMs });
    else if (word === 'd') this.diskSeq = one;
    else if (word === 'oracle') this.oracle = { passes: one, page: two, verdict };
    else if (word === 'busy') this.busy = { writes: one, bytes: two, verdict };
    else if (word === 'boot') this.#boot(first);
    else if (word === 'error') this.errors.push(values.join(' '));
    else if (word === 'off') this.isOff = true;
    else if (second === '') this.isReady = true;
    else this.replay = { seq: two, verdict };
  }

  #boot(id: string): void {
    if (!this.bootIds.includes(id)) this.bootIds.push(id);
  }
}
