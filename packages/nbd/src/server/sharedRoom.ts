/**
 * Room for the payloads that all connections of a server together have in flight. Once it is taken, a connection that has
 * any in flight gets no more until some of its own are answered; each may always have one, so that none is held up for good.
 */
export class SharedRoom {
  readonly #maximumBytes: number;
  #takenBytes = 0;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  get isTaken(): boolean {
    return this.#takenBytes >= this.#maximumBytes;
  }

  /** Also beyond the maximum: whoever takes has looked, or has nothing yet. */
  take(bytes: number): void {
    this.#takenBytes += bytes;
  }

  give(bytes: number): void {
    this.#takenBytes -= bytes;
  }
}
