import type net from 'node:net';
import type { Worker } from 'node:worker_threads';
import { GodwitError, problemOf } from '@godwit/errors';
import type { HeldTurns, ImageHandle } from '@godwit/image';
import { endThread, type HeldDescriptor, heldDescriptorOf, ThreadStock } from '@godwit/transport';
import type { NbdTls } from '../config/tlsOptions.js';
import type { Logger } from '../logging/logger.js';
import type { ExportCounters } from './exportCounters.js';
import type { NbdOrder, NbdReport, NbdStart } from './nbdMessages.js';
import { type NbdPlace, type OnEnd, warnOf } from './nbdPlace.js';

/**
 * Started ahead, as long as an agent serves NBD: the clients that all come to a destination at the switch do not wait
 * for threads to load (seen: 300 ms for most of eight connections on two busy processors).
 */
const SPARE_THREADS = 4;
export const NBD_THREADS = new ThreadStock(new URL('./nbdThread.js', import.meta.url), 'nbd', SPARE_THREADS);

interface Connection {
  /** Held here until the thread says that it has adopted it. */
  readonly held: HeldDescriptor;
  readonly onEnd: OnEnd;
}

/** A thread of NBD connections, as the main thread sees it. When it dies its connections are gone, and nothing else. */
export class NbdWorker implements NbdPlace {
  readonly #worker: Worker;
  readonly #logger: Logger;
  readonly #connections = new Map<number, Connection>();
  readonly #orders = new Map<number, () => void>();
  #numbers = 0;
  #hasEnded = false;
  #isClosing = false;

  /** `onDeath` is told when the thread has ended without being asked to. */
  constructor(start: NbdStart, logger: Logger, onDeath: () => void) {
    this.#logger = logger;
    this.#worker = NBD_THREADS.take(start);
    this.#worker.on('message', (report: NbdReport) => this.#hear(report));
    this.#worker.on('error', (error) => logger.error({ reason: problemOf(error) }, 'an NBD thread failed'));
    this.#worker.on('exit', (code) => {
      this.#ended();
      if (this.#isClosing) return;
      logger.error({ code }, 'an NBD thread ended; its connections are gone');
      onDeath();
    });
  }

  get connections(): number {
    return this.#connections.size;
  }

  add(handle: ImageHandle, counters: ExportCounters, held: HeldTurns, isAwaited: boolean): void {
    this.#send({ type: 'add', handle, isAwaited, counters: counters.buffer, held: held.buffer });
  }

  withdraw(name: string): Promise<void> {
    return this.#ordered((order) => ({ type: 'withdraw', name, order }));
  }

  renew(tls: NbdTls): void {
    this.#send({ type: 'renew', tls });
  }

  /** @throws GodwitError E_INTERNAL where descriptors are not to be had */
  take(socket: net.Socket, onEnd: OnEnd): void {
    const held = heldDescriptorOf(socket);
    if (held === undefined) throw new GodwitError('E_INTERNAL', { problem: 'a socket without a descriptor' });
    // Closes this thread's descriptor alone; the duplicate keeps the connection.
    socket.destroy();
    const connection = ++this.#numbers;
    this.#connections.set(connection, { held, onEnd });
    this.#send({ type: 'adopt', fd: held.fd, connection });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#ordered((order) => ({ type: 'close', order }));
    await endThread(this.#worker);
  }

  #send(order: NbdOrder): void {
    this.#worker.postMessage(order);
  }

  /** Resolves when the order is done, or the thread has ended. */
  async #ordered(make: (order: number) => NbdOrder): Promise<void> {
    if (this.#hasEnded) return;
    await new Promise<void>((resolve) => {
      const order = ++this.#numbers;
      this.#orders.set(order, resolve);
      this.#send(make(order));
    });
  }

  #hear(report: NbdReport): void {
    if (report.type === 'adopted') this.#connections.get(report.connection)?.held.passOn();
    else if (report.type === 'failing') warnOf(this.#logger, report.failure);
    else if (report.type === 'ended') this.#forget(report.connection, report.reason);
    else {
      if (report.problem !== undefined) {
        this.#logger.warn({ reason: report.problem }, 'an NBD export did not close cleanly');
      }
      this.#orders.get(report.order)?.();
      this.#orders.delete(report.order);
    }
  }

  #forget(number: number, reason: string | undefined): void {
    const connection = this.#connections.get(number);
    if (connection === undefined) return;
    this.#connections.delete(number);
    connection.held.release();
    connection.onEnd(reason);
  }

  #ended(): void {
    this.#hasEnded = true;
    for (const number of [...this.#connections.keys()]) this.#forget(number, 'its thread ended');
    for (const resolve of this.#orders.values()) resolve();
    this.#orders.clear();
  }
}
