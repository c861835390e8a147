import type net from 'node:net';
import type { HeldTurns, ImageHandle } from '@godwit/image';
import { peerHasLeft } from '@godwit/native';
import { type ConnectionOptions, type Export, type Exports, NbdConnection, SharedRoom } from '@godwit/nbd';
import { LIMITS } from '@godwit/protocol';
import type { NbdTls } from '../config/tlsOptions.js';
import type { ExportCounters } from './exportCounters.js';
import { ImageExport } from './imageExport.js';
import type { Failure, NbdStart } from './nbdMessages.js';

/** Told when a connection has ended, and why if that is worth a line in the log. */
type OnEnd = (reason: string | undefined) => void;

/**
 * What serves NBD in one thread: the exports and the connections. In a worker it takes descriptors, in
 * the main thread, where those are not to be had, sockets.
 */
export class NbdHost {
  #start: NbdStart;
  readonly #onFailing: (failure: Failure) => void;
  readonly #exports = new Map<string, ImageExport>();
  /** Ready, and to be seen by nobody before they are served. */
  readonly #awaited = new Map<string, ImageExport>();
  readonly #connections = new Set<NbdConnection>();
  /** Those who wait for exports that are not there. */
  readonly #waiting = new Set<() => void>();
  readonly #room: SharedRoom;

  /** `onFailing`: for the log. `room`: for the payloads that all of its connections have in flight. */
  constructor(
    start: NbdStart,
    onFailing: (failure: Failure) => void,
    room = new SharedRoom(LIMITS.nbdThreadInFlightBytes),
  ) {
    this.#start = start;
    this.#onFailing = onFailing;
    this.#room = room;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** `isAwaited`: for nobody until its gate, which is sealed, opens. */
  add(handle: ImageHandle, counters: ExportCounters, held: HeldTurns, isAwaited = false): void {
    const exported = new ImageExport(handle, counters, held, this.#onFailing, this.#start.seesPrepared);
    if (isAwaited && exported.isHidden) void this.#await(exported);
    else this.#show(exported);
  }

  #show(exported: ImageExport): void {
    this.#exports.set(exported.name, exported);
    for (const look of [...this.#waiting]) look();
  }

  async #await(exported: ImageExport): Promise<void> {
    this.#awaited.set(exported.name, exported);
    exported.openAhead();
    await exported.firstServed();
    // Withdrawn: the migration that was to bring it came to nothing.
    if (this.#awaited.get(exported.name) !== exported) return;
    this.#awaited.delete(exported.name);
    this.#show(exported);
  }

  /** How connections from now on are shaken hands with; those that are open go on. */
  renew(tls: NbdTls): void {
    this.#start = { ...this.#start, tls };
  }

  /** Resolves when nobody uses the export any more and its file is closed. */
  async withdraw(name: string): Promise<void> {
    const withdrawn = this.#exports.get(name) ?? this.#awaited.get(name);
    this.#exports.delete(name);
    this.#awaited.delete(name);
    await withdrawn?.withdraw();
  }

  /** Serves the connection beneath a descriptor, which is this thread's from now on. */
  adopt(fd: number, onEnd: OnEnd): void {
    const stillConnected = () => peerHasLeft(fd) !== true;
    this.#serve(onEnd, (options) => NbdConnection.adopt(fd, { ...options, stillConnected }));
  }

  /** Serves a socket of this thread. */
  wrap(socket: net.Socket, onEnd: OnEnd): void {
    this.#serve(onEnd, (options) => NbdConnection.wrap(socket, options));
  }

  /** Answers what still comes with ESHUTDOWN, ends every connection and closes every file. */
  async close(): Promise<void> {
    const withdrawn = [...this.#exports.keys(), ...this.#awaited.keys()].map((name) => this.withdraw(name));
    await Promise.all([...this.#connections].map((connection) => connection.shutDown()));
    await Promise.all(withdrawn);
  }

  #serve(onEnd: OnEnd, make: (options: ConnectionOptions) => NbdConnection): void {
    const { tls, farewell } = this.#start;
    const abandon = new AbortController();
    const connection = make({
      exports: this.#exportsFor(abandon.signal),
      tls: tls.mode === 'off' ? { mode: 'off' } : { mode: tls.mode, material: tls.material },
      farewell,
      room: this.#room,
      handshakeTimeoutMs: LIMITS.nbdHandshakeTimeoutMs,
      onEnd: (reason) => {
        this.#connections.delete(connection);
        abandon.abort();
        onEnd(reason);
      },
    });
    this.#connections.add(connection);
  }

  /** The exports as one connection asks for them: what it waits for is forgotten when it ends. */
  #exportsFor(signal: AbortSignal): Exports {
    return {
      list: () => [...this.#exports.values()].filter((one) => one.isServed),
      find: (name, isPatient) => {
        const found = this.#find(name);
        // Of one that left it may be the place to come back to.
        if (isPatient && found?.isServed === false) return this.#untilServed(name, signal);
        found?.assertServed();
        const waits = this.#start.wait || isPatient;
        return found !== undefined || !waits ? found : this.#untilServed(name, signal);
      },
    };
  }

  #find(name: string): ImageExport | undefined {
    const all = [...this.#exports.values()];
    if (name !== '') return this.#exports.get(name);
    const served = all.filter((one) => one.isServed);
    if (served.length === 1) return served[0];
    return all.length === 1 ? all[0] : undefined;
  }

  #untilServed(name: string, signal: AbortSignal): Promise<Export | undefined> {
    return new Promise((resolve) => {
      const settle = (found: Export | undefined) => {
        this.#waiting.delete(look);
        resolve(found);
      };
      const look = () => {
        const found = this.#find(name);
        if (found?.isServed === true) settle(found);
      };
      this.#waiting.add(look);
      signal.addEventListener('abort', () => settle(undefined), { once: true });
    });
  }
}
