import { type NbdClient, NbdErrno, NbdError, type RequestOrigin } from '@godwit/nbd';

/** A request of the client that has not been answered: it can be carried out, again and again, until it is. */
export interface Held {
  readonly origin: RequestOrigin;
  /** Carries it out at `client` and answers; rejects, without an answer, when that did not work. */
  perform(client: NbdClient): Promise<void>;
  /** Answers with an error. */
  fail(error: unknown): void;
}

/** A request to hold, and what becomes of it. */
export function hold<T>(
  origin: RequestOrigin,
  call: (client: NbdClient) => Promise<T>,
): { readonly held: Held; readonly answer: Promise<T> } {
  let held: Held | undefined;
  const answer = new Promise<T>((resolve, reject) => {
    held = { origin, perform: async (client) => resolve(await call(client)), fail: reject };
  });
  if (held === undefined) throw new Error('a promise runs its executor at once');
  return { held, answer };
}

/** True for what an owner answered that stands; false when it left, or is lost, and another has to be asked. */
export function isAnswer(error: unknown): boolean {
  return error instanceof NbdError && error.errno !== NbdErrno.ESHUTDOWN;
}

/** What a client is told that is not served any more. */
export function goneError(reason: string): NbdError {
  return new NbdError(NbdErrno.ESHUTDOWN, reason);
}
