import type { Guests } from '../guests.js';
import type { HeldGuest } from '../machine.js';

/** The QEMU of machine "web", as the host has it, and what it was asked for. */
export class FakeQemu implements Guests {
  readonly said: string[] = [];
  /** As QEMU calls it; undefined: none is there. */
  state: string | undefined;
  /** The monitor does not answer that often, of those that are asked to be adopted. */
  silences = 0;
  /** What serves its memory runs. */
  hasMemory = true;
  /** Its processes do not end. */
  isStuck = false;
  /** Told of what it is asked for, before it does that. */
  onAsked: (word: string) => void = () => undefined;
  /** Resolves when what serves its memory ends. */
  memoryEnding: Promise<void> = new Promise(() => undefined);
  /** What its monitor's first answer waits for. */
  answering: Promise<void> = Promise.resolve();
  /** What a start waits for. */
  starting: Promise<void> = Promise.resolve();

  async start(_place: unknown, { incoming }: { incoming: boolean }): Promise<HeldGuest> {
    this.said.push('starts');
    await this.starting;
    this.state = incoming ? 'inmigrate' : 'running';
    this.onAsked('started');
    return this.#guest();
  }

  async adopt(): Promise<HeldGuest | undefined> {
    this.said.push('adopted');
    await this.answering;
    if (this.silences > 0) {
      this.silences -= 1;
      throw new Error('its monitor is silent');
    }
    return this.state === undefined ? undefined : this.#guest();
  }

  async discardLeft(folder = '/web'): Promise<void> {
    if (!folder.endsWith('/web')) return;
    if (this.isStuck) throw new Error('it does not end');
    if (this.state !== undefined) this.said.push('discarded');
    this.state = undefined;
  }

  #guest(): HeldGuest {
    const isThere = () => this.state !== undefined;
    const hasMemory = () => this.hasMemory;
    const become = (state: string | undefined, word: string) => async () => {
      this.onAsked(word);
      this.said.push(word);
      this.state = state;
    };
    return {
      get isThere() {
        return isThere();
      },
      get isReachable() {
        return isThere();
      },
      get hasMemory() {
        return hasMemory();
      },
      pid: 1,
      version: { major: 7, minor: 2, micro: 0, package: '' },
      commandLine: 'qemu',
      ended: () => new Promise(() => undefined),
      memoryEnded: () => this.memoryEnding,
      collect: async () => undefined,
      store: async () => undefined,
      stop: become('paused', 'stops'),
      cont: become('running', 'goes on'),
      captureState: async () => Buffer.alloc(1),
      loadState: (state) => become('paused', `loads ${state.toString()}`)(),
      runState: async () => this.state ?? 'gone',
      powerDown: async () => undefined,
      end: become(undefined, 'ends'),
      discard: () => this.discardLeft().catch(() => undefined),
    };
  }
}
