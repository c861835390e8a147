import type net from 'node:net';
import type { HeldTurns, ImageHandle } from '@godwit/image';
import type { NbdTls } from '../config/tlsOptions.js';
import type { Logger } from '../logging/logger.js';
import type { ExportCounters } from './exportCounters.js';
import { NbdHost } from './nbdHost.js';
import type { Failure, NbdStart } from './nbdMessages.js';

/** Told when a connection has ended, and why if there is more to say than that its client left. */
export type OnEnd = (reason: string | undefined) => void;

/** Where connections are served, as the main thread sees it: a thread, or the main thread itself. */
export interface NbdPlace {
  /** Connections now. */
  readonly connections: number;
  /** `counters` and `held` are that place's alone to write. `isAwaited`: served from the moment on that its gate opens. */
  add(handle: ImageHandle, counters: ExportCounters, held: HeldTurns, isAwaited: boolean): void;
  /** Resolves when nobody there uses the export any more. */
  withdraw(name: string): Promise<void>;
  /** How connections from now on are shaken hands with. */
  renew(tls: NbdTls): void;
  /** Takes an accepted, paused socket over. */
  take(socket: net.Socket, onEnd: OnEnd): void;
  /** Ends every connection; resolves when all have ended. */
  close(): Promise<void>;
}

/** One line for the operator: a client is told of each request, and may keep it to itself. */
export function warnOf(logger: Logger, failure: Failure): void {
  logger.warn(failure, 'an image refuses NBD requests; errno 28: no room, or past its end; 5: input/output error');
}

/** The main thread, where descriptors are not to be had. */
export class LocalPlace implements NbdPlace {
  readonly #host: NbdHost;

  constructor(start: NbdStart, logger: Logger) {
    this.#host = new NbdHost(start, (failure) => warnOf(logger, failure));
  }

  get connections(): number {
    return this.#host.connections;
  }
  add(handle: ImageHandle, counters: ExportCounters, held: HeldTurns, isAwaited: boolean): void {
    this.#host.add(handle, counters, held, isAwaited);
  }
  withdraw(name: string): Promise<void> {
    return this.#host.withdraw(name);
  }
  renew(tls: NbdTls): void {
    this.#host.renew(tls);
  }
  take(socket: net.Socket, onEnd: OnEnd): void {
    this.#host.wrap(socket, onEnd);
  }
  close(): Promise<void> {
    return this.#host.close();
  }
}
