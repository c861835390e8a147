import { GodwitError } from '@godwit/errors';
import { GateState, type WriteGate } from '@godwit/image';

/** What a request asks of the gate: see the table in ARCHITECTURE.md, "NBD". */
export type GateUse = 'read' | 'change' | 'flush';

/**
 * The gate of one export as the requests of one thread wait at it: all by one Atomics.waitAsync, and no
 * longer than the export is served.
 */
export class GateWatch {
  /** Resolves when the image has moved or is not served any more. */
  readonly withdrawn: Promise<void>;
  readonly #name: string;
  readonly #gate: WriteGate;
  readonly #seesPrepared: boolean;
  #isWithdrawn = false;
  #withdraw: () => void = () => undefined;
  #change: Promise<void> | undefined;

  constructor(name: string, gate: WriteGate, seesPrepared = false) {
    this.#name = name;
    this.#gate = gate;
    this.#seesPrepared = seesPrepared;
    this.withdrawn = new Promise((resolve) => {
      this.#withdraw = resolve;
    });
    void this.#followToMoved();
  }

  /** Whoever waits is let go, with an error. */
  withdraw(): void {
    this.#isWithdrawn = true;
    this.#withdraw();
  }

  /**
   * False when the request has to wait now.
   *
   * @throws GodwitError E_MOVED, E_COLD, E_SHUTDOWN when it never can be carried out here
   */
  admits(use: GateUse): boolean {
    const state = this.#gate.state;
    if (state === GateState.moved) throw this.moved();
    if (this.#isWithdrawn) throw new GodwitError('E_SHUTDOWN');
    if (state === GateState.refusing && use === 'change') throw new GodwitError('E_COLD', { name: this.#name });
    if (state === GateState.open || state === GateState.refusing) return true;
    return use === 'read' && (state === GateState.closed || this.#isPrepared);
  }

  get hasMoved(): boolean {
    return this.#gate.state === GateState.moved;
  }

  /** Whether the file is what a reader is to see. */
  get isReadable(): boolean {
    const { state } = this.#gate;
    return (!this.#gate.isHidden || this.#isPrepared) && state !== GateState.moved;
  }

  get #isPrepared(): boolean {
    return this.#seesPrepared && this.#gate.state === GateState.prepared;
  }

  /** Resolves at the gate's next change, or when the export is withdrawn; may resolve for less. */
  changed(): Promise<void> {
    this.#change ??= Promise.race([this.#gate.changed(this.#gate.state), this.withdrawn]).finally(() => {
      this.#change = undefined;
    });
    return this.#change;
  }

  /** Where to is known to the main thread alone. */
  moved(): GodwitError {
    return new GodwitError('E_MOVED', { name: this.#name, location: 'the destination' });
  }

  /** Once withdrawn, the last wait ends with the gate's next change or with the thread; it holds nothing but the gate. */
  async #followToMoved(): Promise<void> {
    for (let state = this.#gate.state; state !== GateState.moved; state = this.#gate.state) {
      await this.#gate.changed(state);
      if (this.#isWithdrawn) return;
    }
    this.#withdraw();
  }
}
