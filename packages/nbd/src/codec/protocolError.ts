/**
 * What the other side sent cannot be understood, or is beyond a limit, and no answer would mend it: the
 * connection is to be closed. The message says what was wrong, for the log.
 */
export class NbdProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NbdProtocolError';
  }
}
