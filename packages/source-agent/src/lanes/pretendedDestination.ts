import { randomBytes } from 'node:crypto';
import type { Frame } from '@godwit/protocol';
import { LIMITS } from '@godwit/protocol';
import { FrameSocket, type Greeted, Listener } from '@godwit/transport';

/** What a lane meets in a rehearsal: greets it, and acknowledges all that it sends. */
export class PretendedDestination {
  readonly token: string;
  #listener: Listener | undefined;
  readonly #sockets: FrameSocket[] = [];

  private constructor(token: string) {
    this.token = token;
  }

  /** On loopback, for whoever has its token. */
  static async listen(): Promise<PretendedDestination> {
    const destination = new PretendedDestination(randomBytes(16).toString('hex'));
    destination.#listener = await Listener.listen({
      host: '127.0.0.1',
      port: 0,
      token: destination.token,
      onGreeted: (connection) => destination.#greet(connection),
      onRefused: () => undefined,
    });
    return destination;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  close(): void {
    void this.#listener?.close();
    this.#listener?.destroyConnections();
    for (const socket of this.#sockets) socket.destroy();
  }

  #greet({ socket, version }: Greeted): void {
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
      onEnd: () => undefined,
    });
    this.#sockets.push(frames);
    frames.send('HelloAck', { version, agentVersion: 'rehearsal', windowBytes: LIMITS.windowBytes, heartbeatMs: 0 });
  }
}
