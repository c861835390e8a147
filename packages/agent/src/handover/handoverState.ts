import { type HandoverTable, type Step, stepOf } from './handoverTable.js';

/** Where one side of a handover stands in its table, and the records that its steps wait for. */
export class HandoverState<Phase extends string, Event extends string, Role, Effect> {
  readonly #table: HandoverTable<Phase, Event | 'recorded' | 'record-failed', Role, Effect>;
  #phase: Phase;
  /** Grows with each phase: whoever waited for a record sees that it was overtaken. */
  #turn = 0;

  constructor(table: HandoverTable<Phase, Event | 'recorded' | 'record-failed', Role, Effect>, phase: Phase) {
    this.#table = table;
    this.#phase = phase;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** What follows an event. E_PROTOCOL for what is out of phase. */
  apply(event: Event | 'recorded' | 'record-failed'): Step<Phase, Role, Effect> {
    const step = stepOf(this.#table, this.#phase, event);
    if (step.next !== this.#phase || step.record !== undefined) this.#turn += 1;
    this.#phase = step.next;
    return step;
  }

  /**
   * Has the record of the last step written. False: something has happened meanwhile, and it stands for nothing.
   *
   * @param onFailed what follows when it could not be, or may not have been; called before this rejects
   */
  async recorded(
    write: () => Promise<void>,
    onFailed: (step: Step<Phase, Role, Effect>, error: unknown) => Promise<void> = async () => undefined,
  ): Promise<boolean> {
    const turn = this.#turn;
    try {
      await write();
    } catch (error) {
      if (turn === this.#turn) await onFailed(this.apply('record-failed'), error);
      throw error;
    }
    if (turn !== this.#turn) return false;
    this.apply('recorded');
    return true;
  }
}
