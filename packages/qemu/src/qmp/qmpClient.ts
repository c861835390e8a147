import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { GodwitError, problemOf } from '@godwit/errors';
import { type Static, type TSchema, Value } from '@godwit/schema';
import { QEMU_BOUNDS } from '../bounds.js';
import { LineSplitter } from './lineSplitter.js';
import { parseQmpLine, type QemuVersion, type QmpEvent, type QmpMessage } from './qmpMessage.js';

const SHOWN_CHARACTERS = 200;

export interface QmpOptions {
  /** How long QEMU may take to greet, and for each answer. */
  readonly timeoutMs?: number;
}

interface Waiting {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: GodwitError) => void;
  readonly timer: NodeJS.Timeout;
}

type Listener = (event: QmpEvent) => void;

/**
 * The monitor of a QEMU program over its unix socket. Commands may overlap: each answer bears the number of its command. An answer that
 * comes after its time is passed over.
 */
export class QmpClient {
  readonly #socket: Socket;
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #lines = new LineSplitter(QEMU_BOUNDS.lineBytes);
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<Listener>();
  /** Of what waits for something else than an answer. */
  readonly #endings = new Set<(error: GodwitError) => void>();
  readonly closed: Promise<GodwitError>;
  #onClosed: (error: GodwitError) => void = () => undefined;
  #over: GodwitError | undefined;
  #lastId = 0;
  #greeted: () => void = () => undefined;
  #version: QemuVersion | undefined;

  private constructor(path: string, timeoutMs: number) {
    this.#path = path;
    this.#timeoutMs = timeoutMs;
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
    this.#socket = connect(path);
    this.#socket.on('data', (part: Buffer) => this.#received(part));
    this.#socket.on('error', (error) => this.#end(problemOf(error)));
    this.#socket.once('close', () => this.#end('QEMU closed it'));
  }

  /**
   * Connected, greeted, and ready for commands. QEMU serves one monitor at a time: a second client waits for its greeting.
   *
   * @throws GodwitError E_QMP_LOST, E_QMP_TIMEOUT
   */
  static async connect(path: string, { timeoutMs = QEMU_BOUNDS.answerMs }: QmpOptions = {}): Promise<QmpClient> {
    const client = new QmpClient(path, timeoutMs);
    try {
      await client.#greeting();
      await client.execute('qmp_capabilities');
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  get version(): QemuVersion {
    assert(this.#version !== undefined, 'a client that is connected has been greeted');
    return this.#version;
  }

  /** Undefined while commands can be sent. */
  get over(): GodwitError | undefined {
    return this.#over;
  }

  /**
   * What QEMU returns, whatever form it has.
   *
   * @throws GodwitError E_QMP when QEMU refuses; E_QMP_TIMEOUT; E_QMP_LOST
   */
  execute(
    command: string,
    parameters: object = {},
    { timeoutMs = this.#timeoutMs }: QmpOptions = {},
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) {
        reject(this.#over);
        return;
      }
      this.#lastId += 1;
      const id = this.#lastId;
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new GodwitError('E_QMP_TIMEOUT', { command, timeoutMs }));
      }, timeoutMs);
      this.#waiting.set(id, { command, resolve, reject, timer });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: parameters, id })}\n`);
    });
  }

  /** As execute, for answers of a known form. E_QMP when it has another. */
  async query<S extends TSchema>(command: string, schema: S, parameters: object = {}): Promise<Static<S>> {
    const value = await this.execute(command, parameters);
    if (Value.Check(schema, value)) return value;
    throw new GodwitError('E_QMP', { command, problem: `its answer has another form than is known: ${shown(value)}` });
  }

  /** Answers a function that ends the listening. */
  onEvent(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The next event that `wanted` says is one. Call it before the command that brings it about.
   *
   * @throws GodwitError E_QMP_TIMEOUT, E_QMP_LOST
   */
  nextEvent(what: string, wanted: (event: QmpEvent) => boolean, timeoutMs = this.#timeoutMs): Promise<QmpEvent> {
    const heard = this.#bounded<QmpEvent>(what, timeoutMs, (resolve) =>
      this.onEvent((event) => {
        if (wanted(event)) resolve(event);
      }),
    );
    // The command that brings it about may fail first, and then nobody waits for it any more.
    heard.catch(() => undefined);
    return heard;
  }

  /** What is waited for ends with E_QMP_LOST. QEMU goes on. */
  close(): void {
    this.#end('it was closed here');
    this.#socket.destroy();
  }

  #greeting(): Promise<void> {
    return this.#bounded<void>('greeting', this.#timeoutMs, (resolve) => {
      this.#greeted = resolve;
      return () => undefined;
    });
  }

  /** Ends after its time or with the connection; `begin` answers what ends the waiting. */
  #bounded<T>(command: string, timeoutMs: number, begin: (resolve: (value: T) => void) => () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) {
        reject(this.#over);
        return;
      }
      const end = () => {
        clearTimeout(timer);
        this.#endings.delete(lost);
        stop();
      };
      const lost = (error: GodwitError) => {
        end();
        reject(error);
      };
      const timer = setTimeout(() => lost(new GodwitError('E_QMP_TIMEOUT', { command, timeoutMs })), timeoutMs);
      this.#endings.add(lost);
      const stop = begin((value) => {
        end();
        resolve(value);
      });
    });
  }

  #received(part: Buffer): void {
    const lines = this.#lines.push(part);
    if (lines === undefined) {
      this.#fail(`a line of more than ${QEMU_BOUNDS.lineBytes} bytes`);
      return;
    }
    for (const line of lines) {
      if (line === '') continue;
      const message = parseQmpLine(line);
      if (message === undefined) {
        this.#fail(`it says ${line.slice(0, 100)}`);
        return;
      }
      this.#handle(message);
    }
  }

  #handle(message: QmpMessage): void {
    switch (message.type) {
      case 'greeting':
        this.#version = message.version;
        this.#greeted();
        break;
      case 'event':
        for (const listener of [...this.#listeners]) listener(message.event);
        break;
      case 'return':
        this.#answered(message.id)?.resolve(message.value);
        break;
      case 'refusal': {
        // Without a number it is about something that QEMU could not read: our mistake, and no command's.
        if (message.id === undefined) this.#fail(message.problem);
        else {
          const waiting = this.#answered(message.id);
          waiting?.reject(new GodwitError('E_QMP', { command: waiting.command, problem: message.problem }));
        }
        break;
      }
    }
  }

  #answered(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  #fail(problem: string): void {
    this.#end(problem);
    this.#socket.destroy();
  }

  #end(problem: string): void {
    if (this.#over !== undefined) return;
    const error = new GodwitError('E_QMP_LOST', { path: this.#path, problem });
    this.#over = error;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
    for (const lost of [...this.#endings]) lost(error);
    this.#onClosed(error);
  }
}

/** The begin of an answer, for a person. One that is nested without end cannot be written. */
function shown(value: unknown): string {
  try {
    return JSON.stringify(value).slice(0, SHOWN_CHARACTERS);
  } catch (error) {
    return problemOf(error);
  }
}
