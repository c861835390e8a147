import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** Between two words to a connection, and between two looks whether there is one that answers. */
const EVERY_MS = 5;
/** A connection that has not answered for so long may have been begun before the machine was there; another is tried beside it. */
const RETRY_MS = 25;
/** One that never answered is given up: it waits in a network that the machine has left. */
const HOPELESS_MS = 1000;

/**
 * Asks an echo server that may turn up at any of several places, as a machine that is moved does whose port is forwarded by its
 * host: for as long as it is silent, connections to all places are tried anew. Tells the longest silence.
 */
export class EchoWatch {
  readonly #ports: readonly number[];
  readonly #timer: NodeJS.Timeout;
  readonly #attempts = new Set<Attempt>();
  #answered = 0;
  #longestGapMs = 0;
  #lastAnswerAtMs: number | undefined;
  #lastTryAtMs = 0;

  private constructor(ports: readonly number[]) {
    this.#ports = ports;
    this.#timer = setInterval(() => this.#step(), EVERY_MS);
  }

  /** Ports of 127.0.0.1; nothing counts before the first answer. */
  static begin(ports: readonly number[]): EchoWatch {
    return new EchoWatch(ports);
  }

  get answered(): number {
    return this.#answered;
  }

  /** The longest time between two answers since the last call, or since the last answer. */
  takeLongestGapMs(): number {
    const silentMs = this.#lastAnswerAtMs === undefined ? 0 : performance.now() - this.#lastAnswerAtMs;
    const longestMs = Math.max(this.#longestGapMs, silentMs);
    this.#longestGapMs = 0;
    return longestMs;
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const attempt of this.#attempts) attempt.end();
  }

  #step(): void {
    const nowMs = performance.now();
    for (const attempt of this.#attempts) {
      if (attempt.isOver(nowMs)) {
        attempt.end();
        this.#attempts.delete(attempt);
      } else attempt.send();
    }
    const isSilent = nowMs - (this.#lastAnswerAtMs ?? 0) > RETRY_MS;
    if (!isSilent || nowMs - this.#lastTryAtMs < RETRY_MS) return;
    this.#lastTryAtMs = nowMs;
    for (const port of this.#ports) this.#attempts.add(new Attempt(port, (attempt) => this.#answer(attempt)));
  }

  #answer(answering: Attempt): void {
    const nowMs = performance.now();
    this.#answered++;
    this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - (this.#lastAnswerAtMs ?? nowMs));
    this.#lastAnswerAtMs = nowMs;
    for (const attempt of this.#attempts) {
      if (attempt === answering) continue;
      attempt.end();
      this.#attempts.delete(attempt);
    }
  }
}

/** One connection. */
class Attempt {
  readonly #socket: Socket;
  readonly #beganAtMs = performance.now();
  #lastAnswerAtMs: number | undefined;

  constructor(port: number, onAnswer: (attempt: Attempt) => void) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.setNoDelay(true);
    // What is refused or cut off is seen by isOver.
    this.#socket.on('error', () => undefined);
    const lines = createInterface({ input: this.#socket });
    lines.on('line', () => {
      if (this.#socket.destroyed) return;
      this.#lastAnswerAtMs = performance.now();
      onAnswer(this);
    });
    // It says again what its input has said.
    lines.on('error', () => undefined);
  }

  send(): void {
    if (!this.#socket.connecting && this.#socket.writable) this.#socket.write(`${performance.now()}\n`);
  }

  isOver(nowMs: number): boolean {
    return this.#socket.destroyed || nowMs - (this.#lastAnswerAtMs ?? this.#beganAtMs) > HOPELESS_MS;
  }

  end(): void {
    this.#socket.destroy();
  }
}
