import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Negotiation } from '../../codec/negotiation.js';
import { OptionParser } from '../../codec/optionParser.js';
import { type Request, RequestParser } from '../../codec/requestParser.js';
import { MemoryExport } from '../../server/testing/memoryExport.js';
import type { NbdAddress } from '../uri.js';

const SIZE = 1024 * 1024;

/** A server that shakes hands as it should and then says whatever the test wants, true or not. */
export class ScriptedServer {
  /** Requests so far. */
  readonly requests: Request[] = [];
  onRequest: (request: Request, socket: net.Socket) => void = () => undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'godwit-client-'));
  readonly #server = net.createServer();
  readonly #sockets = new Set<net.Socket>();

  private constructor(onConnection: ((socket: net.Socket) => void) | undefined) {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      if (onConnection === undefined) this.#serve(socket);
      else onConnection(socket);
    });
  }

  /** @param onConnection in place of a proper handshake */
  static async listen(onConnection?: (socket: net.Socket) => void): Promise<ScriptedServer> {
    const server = new ScriptedServer(onConnection);
    server.#server.listen(join(server.#folder, 's'));
    await once(server.#server, 'listening');
    return server;
  }

  get address(): NbdAddress {
    return { path: join(this.#folder, 's') };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #serve(socket: net.Socket): void {
    const negotiation = new Negotiation(new MemoryExport(SIZE).asExports(), { tls: 'off' });
    const options = new OptionParser();
    const requests = new RequestParser({ maximumPayload: SIZE });
    let phase: 'flags' | 'options' | 'requests' = 'flags';
    socket.write(negotiation.greeting());
    const answer = async () => {
      for (let frame = options.next(); frame !== undefined; frame = options.next()) {
        const flags = options.clientFlags;
        if (phase === 'flags' && flags !== undefined) negotiation.clientFlags(flags);
        phase = 'options';
        const step = await negotiation.step(frame);
        socket.write(step.bytes);
        if (step.type === 'transmission') phase = 'requests';
      }
    };
    socket.on('data', (chunk) => {
      if (phase === 'requests') this.#take(requests, chunk, socket);
      else {
        options.push(chunk);
        void answer();
      }
    });
  }

  #take(parser: RequestParser, chunk: Buffer, socket: net.Socket): void {
    parser.push(chunk);
    for (let request = parser.next(); request !== undefined; request = parser.next()) {
      this.requests.push(request);
      this.onRequest(request, socket);
    }
  }
}
