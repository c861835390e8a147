import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { GodwitError } from '@godwit/errors';

const EVERY_MS = 5;
const PATIENCE_MS = 60_000;

/** What a client of the echo server met; times in ms of performance.now(). */
export interface EchoReport {
  readonly sent: number;
  readonly answered: number;
  /** The longest time without an answer, between two or since the last one. */
  readonly longestGapMs: number;
  /** The longest time from sending to its answer. */
  readonly longestRttMs: number;
  readonly firstAnswerAtMs: number | undefined;
  readonly lastAnswerAtMs: number | undefined;
  /** Why the connection ended, if it did: this client does not connect again. */
  readonly failure: string | undefined;
}

/** Sends the time every few milliseconds through one connection, and watches when the answers come. */
export class EchoClient {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  /** Resolves with the first answer or failure. */
  readonly #decided: Promise<void>;
  #decide: () => void = () => undefined;
  #stopped = false;
  #sent = 0;
  #answered = 0;
  #longestGapMs = 0;
  #longestRttMs = 0;
  #firstAnswerAtMs: number | undefined;
  #lastAnswerAtMs: number | undefined;
  #failure: string | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#decided = new Promise((resolve) => {
      this.#decide = resolve;
    });
    socket.setNoDelay(true);
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => this.#answer(Number(line)));
    // It says again what its input has said.
    lines.on('error', () => undefined);
    socket.on('error', (error) => this.#fail(error.message));
    socket.on('close', () => this.#fail('the connection was closed'));
    this.#timer = setInterval(() => this.#send(), EVERY_MS);
  }

  /**
   * Resolves with the first answer: only then the guest itself is at the other end, not a forwarder.
   *
   * @throws GodwitError E_INTERNAL when there is none
   */
  static async connect(port: number, host = '127.0.0.1'): Promise<EchoClient> {
    const client = new EchoClient(connect(port, host));
    const timer = setTimeout(() => client.#fail('no answer'), PATIENCE_MS);
    try {
      await client.#decided;
    } finally {
      clearTimeout(timer);
    }
    if (client.#answered > 0) return client;
    client.stop();
    throw new GodwitError('E_INTERNAL', { problem: `echo server at ${host}:${port}: ${client.#failure ?? ''}` });
  }

  get report(): EchoReport {
    const silentMs = this.#stopped ? 0 : performance.now() - (this.#lastAnswerAtMs ?? performance.now());
    return {
      sent: this.#sent,
      answered: this.#answered,
      longestGapMs: Math.max(this.#longestGapMs, silentMs),
      longestRttMs: this.#longestRttMs,
      firstAnswerAtMs: this.#firstAnswerAtMs,
      lastAnswerAtMs: this.#lastAnswerAtMs,
      failure: this.#failure,
    };
  }

  /** Ends the connection; the report as it was then. */
  stop(): EchoReport {
    const { report } = this;
    this.#stopped = true;
    this.#longestGapMs = report.longestGapMs;
    clearInterval(this.#timer);
    this.#socket.destroy();
    return report;
  }

  #send(): void {
    if (this.#socket.connecting || !this.#socket.writable) return;
    this.#sent++;
    this.#socket.write(`${performance.now()}\n`);
  }

  #answer(sentAtMs: number): void {
    const nowMs = performance.now();
    this.#answered++;
    this.#longestRttMs = Math.max(this.#longestRttMs, nowMs - sentAtMs);
    this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - (this.#lastAnswerAtMs ?? nowMs));
    this.#firstAnswerAtMs ??= nowMs;
    this.#lastAnswerAtMs = nowMs;
    this.#decide();
  }

  #fail(why: string): void {
    if (!this.#stopped) this.#failure ??= why;
    this.#decide();
  }
}
