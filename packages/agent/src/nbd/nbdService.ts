import type net from 'node:net';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { problemOf } from '@godwit/errors';
import { HeldTurns, type ImageHandle, type LiveImage, type WriteGate } from '@godwit/image';
import { hasNative } from '@godwit/native';
import { type EndpointOptions, type Farewell, NbdEndpoint } from '@godwit/nbd';
import { LIMITS } from '@godwit/protocol';
import { REHEARSES } from '@godwit/transport';
import type { NbdTls, TlsMaterial } from '../config/tlsOptions.js';
import type { Logger } from '../logging/logger.js';
import { type Address, formatAddress } from '../units/address.js';
import { ExportCounters, type ExportTotals } from './exportCounters.js';
import type { NbdStart } from './nbdMessages.js';
import { LocalPlace, type NbdPlace } from './nbdPlace.js';
import { NBD_THREADS, NbdWorker } from './nbdWorker.js';

/** Connections in one thread share its time; at least four, so that a disk's waits overlap on small machines too. */
const MOST_THREADS = Math.min(8, Math.max(4, availableParallelism()));

/** Where an agent serves NBD, and how. */
export interface NbdOptions {
  readonly tcp?: Address;
  readonly unixPath?: string;
  /** A client that asks for an export that is not there waits for it. */
  readonly wait: boolean;
  /** What clients are told of an image that is served here no more. */
  readonly farewell: Farewell;
  readonly tls: NbdTls;
  /** For the workload that moves with its images: reads what is whole here before it is owned. */
  readonly seesPrepared?: boolean;
}

/** What one place writes of an export. */
interface ExportPart {
  readonly counters: ExportCounters;
  readonly held: HeldTurns;
}

interface Exported {
  readonly handle: ImageHandle;
  readonly gate: WriteGate;
  readonly isAwaited: boolean;
  readonly parts: Map<NbdPlace, ExportPart>;
}

/**
 * The images of an agent as NBD exports: endpoints in this thread, which accepts and counts, connections in
 * a few others. No request passes through this thread, unless descriptors are not to be had.
 */
export class NbdService {
  readonly #options: NbdOptions;
  #start: NbdStart;
  readonly #logger: Logger;
  readonly #endpoints: NbdEndpoint[] = [];
  readonly #uris: ((name: string) => string)[] = [];
  readonly #exports = new Map<string, Exported>();
  #places: NbdPlace[] = [];
  #isClosing = false;

  /** @param warmUpIn a folder for scratch images, where exports are expected that come from elsewhere */
  constructor(options: NbdOptions, logger: Logger, warmUpIn?: string) {
    this.#options = options;
    const { tls, wait, farewell, seesPrepared = false } = options;
    const warm = warmUpIn === undefined ? {} : { warmUpIn };
    this.#start = { type: 'start', tls, wait, farewell, seesPrepared, ...warm };
    this.#logger = logger;
  }

  /**
   * Starts to listen; without an address it serves nobody. To be called when the images are added that are
   * there from the start. After a failure, `close` is still to be called.
   *
   * @throws GodwitError E_PORT_IN_USE, E_ADDRESS, E_SOCKET_PATH
   */
  async listen(): Promise<void> {
    const { tcp, unixPath } = this.#options;
    const scheme = this.#options.tls.mode === 'require' ? 'nbds' : 'nbd';
    if (tcp !== undefined) {
      const endpoint = await NbdEndpoint.listen(tcp, this.#endpointOptions('--nbd'));
      this.#endpoints.push(endpoint);
      const address = formatAddress({ ...tcp, port: endpoint.port ?? tcp.port });
      this.#uris.push((name) => `${scheme}://${address}/${encodeURIComponent(name)}`);
    }
    if (unixPath !== undefined) {
      this.#endpoints.push(await NbdEndpoint.listen({ path: unixPath }, this.#endpointOptions('--nbd-unix')));
      const socket = encodeURIComponent(resolve(unixPath)).replaceAll('%2F', '/');
      this.#uris.push((name) => `${scheme}+unix:///${encodeURIComponent(name)}?socket=${socket}`);
    }
  }

  /** The agent is up: threads are made ready for who connects later. */
  keepThreads(): void {
    if (this.#isServing && hasNative) NBD_THREADS.keep({ ahead: REHEARSES });
  }

  /** URIs of an export, as nbdinfo and others take them; none before it listens. With the name '' those of the endpoints. */
  urisOf(name: string): string[] {
    return this.#uris.map((uri) => uri(name));
  }

  /** Exports an image, until it is withdrawn or moves. */
  add(image: LiveImage): void {
    this.#add(image, false);
  }

  /**
   * Makes an image ready to be exported in all threads: from the moment on that its gate, which is sealed now, opens.
   * No message has to pass then, and no file to be opened.
   */
  expect(image: LiveImage): void {
    this.#add(image, true);
  }

  #add(image: LiveImage, isAwaited: boolean): void {
    const { gate } = image.maps;
    const exported = { handle: image.handle(), gate, isAwaited, parts: new Map<NbdPlace, ExportPart>() };
    this.#exports.set(image.name, exported);
    for (const place of this.#places) addTo(place, exported);
  }

  /** Resolves when no connection uses the image any more and its file may be closed. */
  async withdraw(name: string): Promise<void> {
    this.#exports.delete(name);
    await Promise.all(this.#places.map((place) => place.withdraw(name)));
  }

  /** What was counted of each export, in all threads, those that died too; nothing where NBD is not served. */
  totals(): Map<string, ExportTotals> {
    if (!this.#isServing) return new Map();
    const there = [...this.#exports].filter(([, { isAwaited, gate }]) => !isAwaited || !gate.isHidden);
    const entries = there.map(([name, { parts }]) => {
      const counters = [...parts.values()].map((part) => part.counters);
      return [name, ExportCounters.sum(counters)] as const;
    });
    return new Map(entries);
  }

  /** Shakes hands with this certificate from now on. */
  renew(material: TlsMaterial): void {
    const { tls } = this.#start;
    if (tls.mode === 'off') return;
    const renewed = { mode: tls.mode, material };
    this.#start = { ...this.#start, tls: renewed };
    for (const place of this.#places) place.renew(renewed);
  }

  /** Takes no new connections, tells those that are open ESHUTDOWN, ends the threads. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const endpoints = this.#endpoints.map((endpoint) => endpoint.close());
    await Promise.all(this.#places.map((place) => place.close()));
    await Promise.all([...endpoints, NBD_THREADS.drop()]);
    this.#places = [];
  }

  get #isServing(): boolean {
    return this.#endpoints.length > 0;
  }

  #endpointOptions(flag: string): EndpointOptions {
    return {
      flag,
      maximumConnections: LIMITS.nbdConnections,
      openConnections: () => this.#places.reduce((sum, place) => sum + place.connections, 0),
      onConnection: (socket) => this.#accept(socket),
      onRefused: ({ code, message }) => this.#logger.warn({ code, reason: message }, 'NBD client refused'),
      onError: (error) => this.#logger.error({ reason: problemOf(error) }, 'the NBD endpoint reports an error'),
    };
  }

  #accept(socket: net.Socket): void {
    if (this.#isClosing) {
      socket.destroy();
      return;
    }
    const peer = socket.remoteAddress ?? 'unix';
    try {
      this.#leastLoaded().take(socket, (reason) => {
        if (reason !== undefined) this.#logger.info({ peer, reason }, 'NBD connection ended');
      });
    } catch (error) {
      // No descriptor to be had for a thread (EMFILE): this client's bad luck, and nobody else's.
      socket.destroy();
      this.#logger.error({ peer, reason: problemOf(error) }, 'NBD connection could not be served');
    }
  }

  /** A thread without connections, or one more as long as there may be, or the one that has fewest. */
  #leastLoaded(): NbdPlace {
    const [least] = [...this.#places].sort((one, other) => one.connections - other.connections);
    const most = hasNative ? MOST_THREADS : 1;
    if (least !== undefined && (least.connections === 0 || this.#places.length >= most)) return least;
    const place = hasNative ? this.#newThread() : new LocalPlace(this.#start, this.#logger);
    for (const exported of this.#exports.values()) addTo(place, exported);
    // The stock is not filled up here: clients are waiting for the processor.
    this.#places.push(place);
    return place;
  }

  #newThread(): NbdPlace {
    const worker: NbdPlace = new NbdWorker(this.#start, this.#logger, () => {
      this.#places = this.#places.filter((place) => place !== worker);
      for (const { parts, gate } of this.#exports.values()) {
        parts.get(worker)?.counters.threadEnded();
        parts.get(worker)?.held.leaveAll(gate);
      }
    });
    return worker;
  }
}

function addTo(place: NbdPlace, { handle, parts, isAwaited }: Exported): void {
  const part = { counters: new ExportCounters(), held: new HeldTurns() };
  parts.set(place, part);
  place.add(handle, part.counters, part.held, isAwaited);
}
