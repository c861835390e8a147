import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplicate } from '@godwit/native';
import type { Exports } from '../../export.js';
import { type ConnectionOptions, NbdConnection } from '../connection.js';
import { deferred } from './deferred.js';
import { RawClient } from './rawClient.js';

/** How the server gets its end: as a descriptor read through `onread`, or as a socket. */
export type Way = 'adopted' | 'wrapped' | 'taken';

/** Both ends of one connection. */
export interface Served {
  readonly connection: NbdConnection;
  readonly client: RawClient;
  /** The reason that onEnd was told. */
  readonly end: Promise<string | undefined>;
}

/** Connections of one test over a unix socket, or TCP; `close` ends them all. */
export class TestServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'godwit-nbd-'));
  readonly #server = net.createServer({ pauseOnConnect: true });
  readonly #open: { destroy(): unknown }[] = [];
  readonly #listening: Promise<void>;

  constructor(transport: 'unix' | 'tcp' = 'unix') {
    this.#listening = new Promise((resolve) => {
      if (transport === 'unix') this.#server.listen(join(this.#folder, 's'), resolve);
      else this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  async serve(exports: Exports, way: Way = 'adopted', options: Partial<ConnectionOptions> = {}): Promise<Served> {
    await this.#listening;
    const accepted = new Promise<net.Socket>((resolve) => this.#server.once('connection', resolve));
    const client = await RawClient.connect(this.#address());
    const socket = await accepted;
    this.#open.push(client.socket);
    const ended = deferred<string | undefined>();
    const settings = {
      exports,
      tls: { mode: 'off' },
      handshakeTimeoutMs: 20_000,
      onEnd: ended.resolve,
      ...options,
    } as const;
    const connection = start(way, socket, settings);
    this.#open.push(connection);
    return { connection, client, end: ended.promise };
  }

  close(): void {
    for (const one of this.#open.splice(0)) one.destroy();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #address(): net.NetConnectOpts {
    const address = this.#server.address();
    if (address === null) throw new Error('the test server does not listen');
    return typeof address === 'string' ? { path: address } : { host: '127.0.0.1', port: address.port };
  }
}

function start(way: Way, socket: net.Socket, settings: ConnectionOptions): NbdConnection {
  if (way === 'taken') return NbdConnection.take(socket, settings);
  return way === 'wrapped' ? NbdConnection.wrap(socket, settings) : adopt(socket, settings);
}

function adopt(socket: net.Socket, settings: ConnectionOptions): NbdConnection {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  const copy = typeof fd === 'number' ? duplicate(fd) : undefined;
  // Without koffi no descriptor is ever adopted, in the product either.
  if (copy === undefined) return NbdConnection.wrap(socket, settings);
  socket.destroy();
  return NbdConnection.adopt(copy, settings);
}
