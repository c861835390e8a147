import { connect, type Socket } from 'node:net';
import { GodwitError, problemOf } from '@godwit/errors';
import { type Static, type TSchema, Value } from '@godwit/schema';
import { LineSplitter } from './lineSplitter.js';
import { parseQmpLine, type QemuVersion, type QmpEvent, type QmpMessage } from './qmpMessage.js';

/** Answers that list what a machine has are tens of kilobytes; no program that is QEMU sends more than this. */
const LINE_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

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
  readonly #lines = new LineSplitter(LINE_BYTES);
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<Listener>();
  readonly closed: Promise<GodwitError>;
  #onClosed: (error: GodwitError) => void = () => undefined;
  #over: GodwitError | undefined;
  #lastId = 0;
  #greeted: ((version: QemuVersion) => void) | undefined;
  #version: QemuVersion | undefined;

  private constructor(path: string, timeoutMs: number) {
    this.#path = path;
    this.#timeoutMs = timeoutMs;
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
    this.#socket = connect(path);
    this.#socket.on('data', (part: Buffer) => this.#received(part));
    this.#socket.once('error', (error) => this.#end(problemOf(error)));
    this.#socket.once('close', () => this.#end('QEMU closed it'));
  }

  /**
   * Connected, greeted, and ready for commands. QEMU serves one monitor at a time: a second client waits for its greeting.
   *
   * @throws GodwitError E_QMP_LOST, E_QMP_TIMEOUT
   */
  static async connect(path: string, { timeoutMs = TIMEOUT_MS }: QmpOptions = {}): Promise<QmpClient> {
    const client = new QmpClient(path, timeoutMs);
    try {
      client.#version = await client.#greeting();
      await client.execute('qmp_capabilities');
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  get version(): QemuVersion {
    if (this.#version === undefined) throw new Error('QEMU has not said its greeting');
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
  execute(command: string, parameters: object = {}, { timeoutMs = this.#timeoutMs }: QmpOptions = {}): Promise<unknown> {
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
    throw new GodwitError('E_QMP', { command, problem: `the answer has another form: ${JSON.stringify(value).slice(0, 200)}` });
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
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        stop();
      };
      const timer = setTimeout(() => {
        end();
        reject(new GodwitError('E_QMP_TIMEOUT', { command: what, timeoutMs }));
      }, timeoutMs);
      const stop = this.onEvent((event) => {
        if (!wanted(event)) return;
        end();
        resolve(event);
      });
      void this.closed.then((error) => {
        end();
        reject(error);
      });
    });
  }

  /** What is waited for ends with E_QMP_LOST. QEMU goes on. */
  close(): void {
    this.#end('it was closed here');
    this.#socket.destroy();
  }

  #greeting(): Promise<QemuVersion> {
    return new Promise((resolve, reject) => {
      const timeoutMs = this.#timeoutMs;
      const timer = setTimeout(() => reject(new GodwitError('E_QMP_TIMEOUT', { command: 'greeting', timeoutMs })), timeoutMs);
      this.#greeted = (version) => {
        clearTimeout(timer);
        resolve(version);
      };
      void this.closed.then((error) => {
        clearTimeout(timer);
        reject(error);
      });
    });
  }

  #received(part: Buffer): void {
    const lines = this.#lines.push(part);
    if (lines === undefined) {
      this.#fail(`a line of more than ${LINE_BYTES} bytes`);
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
        this.#greeted?.(message.version);
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
    this.#onClosed(error);
  }
}
