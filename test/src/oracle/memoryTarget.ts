import type { IntendedWrite } from './history.js';
import type { WriteAnswer, WriteTarget } from './writeTarget.js';

/** What a faulty store does with one operation; `apply` writes it as it should be. */
export type Fault = (intended: IntendedWrite, apply: () => void) => WriteAnswer | undefined;

/** A store in memory that answers after a turn of the event loop, with planted faults; tests the oracle itself. */
export class MemoryTarget implements WriteTarget {
  readonly bytes: Uint8Array;
  readonly #fault: Fault;

  constructor(initial: Uint8Array, fault: Fault = () => undefined) {
    this.bytes = initial.slice();
    this.#fault = fault;
  }

  async write(_url: string, intended: IntendedWrite, content: Uint8Array): Promise<WriteAnswer> {
    await new Promise((resolve) => setImmediate(resolve));
    const apply = (): void => {
      if (intended.operation === 'write') this.bytes.set(content, intended.offset);
      else this.bytes.fill(0, intended.offset, intended.offset + intended.length);
    };
    const answer = this.#fault(intended, apply);
    if (answer !== undefined) return answer;
    apply();
    return { kind: 'acknowledged' };
  }

  close(): void {}
}
