import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { until } from './condition.js';
import { parseJson } from './jsonGuards.js';
import type { Stage } from './stage.js';

type Message = Readonly<Record<string, unknown>>;

/** A control connection to a QEMU program (docs/interop/qmp-spec): one command at a time, events kept. */
export class Qmp {
  readonly #socket: Socket;
  readonly #answers: Message[] = [];
  readonly #events: Message[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    createInterface({ input: socket }).on('line', (line) => {
      const message = parseJson(line);
      if (!isMessage(message)) throw new Error(`QMP said ${line}`);
      (typeof message['event'] === 'string' ? this.#events : this.#answers).push(message);
    });
  }

  /** Connected, and past the capabilities. */
  static async connect(stage: Stage, path: string): Promise<Qmp> {
    const socket = connect(path);
    stage.atEnd(async () => void socket.destroy());
    // A program that ends takes its connection with it; what was asked of it is then missed.
    socket.on('error', () => undefined);
    const qmp = new Qmp(socket);
    await qmp.#answer('the greeting');
    await qmp.command('qmp_capabilities');
    return qmp;
  }

  /** What the command returned; an error when it was refused. */
  async command(execute: string, args: Message = {}): Promise<unknown> {
    this.#socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    const answer = await this.#answer(`an answer to ${execute}`);
    if (!('return' in answer)) throw new Error(`${execute} was refused: ${JSON.stringify(answer)}`);
    return answer['return'];
  }

  /** Waits for an event of that name, and returns its data. */
  event(name: string): Promise<Message> {
    return until(`the event ${name}`, () => {
      const event = this.#events.find((candidate) => candidate['event'] === name);
      const data = event?.['data'];
      return isMessage(data) ? data : undefined;
    });
  }

  /** True when an event of that name has come. */
  hasSeen(name: string): boolean {
    return this.#events.some((event) => event['event'] === name);
  }

  #answer(what: string): Promise<Message> {
    return until(what, () => this.#answers.shift());
  }
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
