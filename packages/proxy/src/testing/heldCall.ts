import { NbdErrno, NbdError } from '@godwit/nbd';

/** A request at a fake owner, until the test decides about it. */
export class HeldCall {
  readonly what: string;
  readonly answer: Promise<void>;
  readonly #effect: () => void;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(what: string, effect: () => void) {
    this.what = what;
    this.#effect = effect;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** It happens and is answered. */
  succeed(): void {
    this.happen();
    this.#resolve();
  }

  /** It happens; the answer is never sent. */
  happen(): void {
    this.#effect();
  }

  /** It does not happen, and is answered with an error. */
  refuse(errno: number = NbdErrno.ESHUTDOWN): void {
    this.#reject(new NbdError(errno, 'as the test says'));
  }
}
