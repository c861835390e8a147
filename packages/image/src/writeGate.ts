/** What the gate tells a writer. Zero is invalid, so that a buffer of zeros is noticed. */
export const GateState = { open: 1, closed: 2, refusing: 3, moved: 4, sealed: 5, prepared: 6 } as const;
export type GateStateName = keyof typeof GateState;

const STATE = 0;
const TURN = 1;
const IN_PROGRESS = 2; // two counters, used in turn
const WORDS = 4;

/**
 * The write gate of one image, in shared memory.
 *
 * A writer enters, writes, marks its blocks dirty, leaves. `close` lets nobody in; `drained` resolves
 * when nobody is inside. `quiesce` resolves when those who are inside now have left, while new ones
 * come and go: the counters are used in turn, as in a read-copy-update grace period.
 *
 * Writer: count, then look at the state. Closer: set the state, then look at the count. Both are
 * sequentially consistent, so one of them sees the other.
 */
export class WriteGate {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  #quiescing: Promise<void> = Promise.resolve();

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, WORDS);
  }

  static create(): WriteGate {
    const gate = new WriteGate(new SharedArrayBuffer(WORDS * 4));
    gate.#set(GateState.open);
    return gate;
  }

  static attach(buffer: SharedArrayBuffer): WriteGate {
    return new WriteGate(buffer);
  }

  get state(): number {
    return Atomics.load(this.#words, STATE);
  }

  /** How many are inside at this moment. */
  get writersInside(): number {
    return Atomics.load(this.#words, IN_PROGRESS) + Atomics.load(this.#words, IN_PROGRESS + 1);
  }

  /** Nobody knows that this side owns: what stands in the file is not to be seen. */
  get isHidden(): boolean {
    const { state } = this;
    return state === GateState.sealed || state === GateState.prepared;
  }

  /** Enters if the gate is open: the turn to leave with (0 or 1), or -1. Never waits. */
  tryEnter(): 0 | 1 | -1 {
    for (;;) {
      if (this.state !== GateState.open) return -1;
      const turn = this.#turn();
      Atomics.add(this.#words, IN_PROGRESS + turn, 1);
      if (this.state === GateState.open && this.#turn() === turn) return turn;
      this.leave(turn);
    }
  }

  /** Leaves; wakes whoever waits for this turn's counter to be zero. */
  leave(turn: 0 | 1): void {
    if (Atomics.sub(this.#words, IN_PROGRESS + turn, 1) === 1) Atomics.notify(this.#words, IN_PROGRESS + turn);
  }

  /** Resolves when the state is no longer `state`. */
  async changed(state: number): Promise<void> {
    while (this.state === state) await waitForChange(this.#words, STATE, state);
  }

  open(): void {
    this.#set(GateState.open);
  }
  /** New writers wait from now on. */
  close(): void {
    this.#set(GateState.closed);
  }
  /** New writers are refused from now on, those who wait too (cold mode). */
  refuse(): void {
    this.#set(GateState.refusing);
  }
  /** Somebody else may own the image from now on, and have newer bytes: readers wait too. */
  seal(): void {
    this.#set(GateState.sealed);
  }
  /**
   * A copy that is whole and not owned yet: as sealed for all but the workload that was brought here with it, which reads what it
   * needs to be ready, and is not running.
   */
  prepare(): void {
    this.#set(GateState.prepared);
  }
  /** The image is owned elsewhere; those who wait are told. */
  move(): void {
    this.#set(GateState.moved);
  }

  /** Resolves when no write is in progress; meaningful once the gate does not let anyone in. */
  async drained(): Promise<void> {
    await this.#empty(0);
    await this.#empty(1);
  }

  /** Resolves when every write that is in progress now has left; new writes are not held up. */
  quiesce(): Promise<void> {
    // One at a time: the turn may be flipped again only when the other counter has run empty.
    this.#quiescing = this.#quiescing.then(() => {
      const old = this.#turn();
      Atomics.store(this.#words, TURN, old === 0 ? 1 : 0);
      return this.#empty(old);
    });
    return this.#quiescing;
  }

  #turn(): 0 | 1 {
    return Atomics.load(this.#words, TURN) === 0 ? 0 : 1;
  }

  #set(state: number): void {
    Atomics.store(this.#words, STATE, state);
    Atomics.notify(this.#words, STATE);
  }

  async #empty(turn: 0 | 1): Promise<void> {
    const index = IN_PROGRESS + turn;
    for (let inside = Atomics.load(this.#words, index); inside !== 0; inside = Atomics.load(this.#words, index)) {
      await waitForChange(this.#words, index, inside);
    }
  }
}

async function waitForChange(words: Int32Array, index: number, value: number): Promise<void> {
  const wait = Atomics.waitAsync(words, index, value);
  if (wait.async) await wait.value;
}
