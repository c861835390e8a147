import { randomBytes } from 'node:crypto';
import { type Frame, LIMITS } from '@godwit/protocol';
import { FrameSocket, type Greeted, Listener } from '@godwit/transport';

/** What a lane meets in a rehearsal: greets it, and acknowledges all that it sends. */
export class PretendedDestination {
  readonly token: string;
  readonly #listener: Listener;
  readonly #sockets: Set<FrameSocket>;

  private constructor(token: string, listener: Listener, sockets: Set<FrameSocket>) {
    this.token = token;
    this.#listener = listener;
    this.#sockets = sockets;
  }

  /** On loopback, for whoever has its token. */
  static async listen(): Promise<PretendedDestination> {
    const token = randomBytes(16).toString('hex');
    const sockets = new Set<FrameSocket>();
    const listener = await Listener.listen({
      host: '127.0.0.1',
      port: 0,
      token,
      onGreeted: (connection) => greet(connection, sockets),
      onRefused: () => undefined,
    });
    return new PretendedDestination(token, listener, sockets);
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Resolves when the port is free. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = this.#listener.close();
    this.#listener.destroyConnections();
    await closed;
  }
}

function greet({ socket, version }: Greeted, sockets: Set<FrameSocket>): void {
  let [lastSeq, ackedSeq] = [0, 0];
  const frames = FrameSocket.wrap(socket, {
    accepts: ['Failure', 'Extent', 'Zero', 'Check', 'CheckZero'],
    onFrame: ({ header }: Frame) => {
      if ('seq' in header) lastSeq = header.seq;
    },
    onBatch: () => {
      if (lastSeq > ackedSeq) frames.send('Ack', { seq: lastSeq });
      ackedSeq = lastSeq;
    },
    onEnd: () => sockets.delete(frames),
  });
  sockets.add(frames);
  frames.send('HelloAck', { version, agentVersion: 'rehearsal', windowBytes: LIMITS.windowBytes, heartbeatMs: 0 });
}
