/** A destination by the letter of frameType.ts that does something else at chosen moments. Keeps nothing of what it gets. */
import { createServer, type Server, type Socket } from 'node:net';
import { encodeFrame, type Frame, PREAMBLE_BYTES, parsePreamble } from '../../../packages/protocol/dist/index.js';
import { WireConnection } from '../fakes/wireConnection.js';

const WINDOW_BYTES = 1024 * 1024;
const HEARTBEAT_MS = 1000;

/** What it does in place of an answer: the bytes that it sends, and whether it hangs up then. */
export interface Deed {
  readonly send: readonly Uint8Array[];
  readonly hangsUp?: boolean;
}

/** Asked before each answer but those to Resolve, which are always good: its number, from 0, what is answered, and how. */
export type Mischief = (index: number, frame: Frame, answer: Buffer) => Deed | undefined;

export class HostileDestination {
  /** COMMIT came. */
  wasCommitted = false;
  /** Types of all that came on control channels. */
  readonly heard: string[] = [];
  readonly #server: Server;
  readonly #mischief: Mischief;
  readonly #connections = new Set<Socket>();
  #answers = 0;
  /** What Resolve is answered: it has never taken over, whatever it says. */
  readonly #outcome: 'aborted' | 'owner';

  constructor(mischief: Mischief, outcome: 'aborted' | 'owner' = 'aborted') {
    this.#mischief = mischief;
    this.#outcome = outcome;
    this.#server = createServer((socket) => this.#greet(socket));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #greet(socket: Socket): void {
    this.#connections.add(socket);
    let start = Buffer.alloc(0);
    const collect = (chunk: Buffer): void => {
      start = Buffer.concat([start, chunk]);
      if (start.length < PREAMBLE_BYTES) return;
      socket.off('data', collect);
      const { role } = parsePreamble(start);
      const connection = new WireConnection(socket, (frame) => this.#answer(socket, role === 'control', frame));
      connection.feed(start.subarray(PREAMBLE_BYTES));
    };
    socket.on('data', collect);
    socket.on('error', () => socket.destroy());
  }

  #answer(socket: Socket, isControl: boolean, frame: Frame): void {
    if (isControl) this.heard.push(frame.type);
    if (frame.type === 'Commit') this.wasCommitted = true;
    const answer = this.#goodAnswer(frame);
    if (answer === undefined) return;
    const isAsked = frame.type === 'Resolve' || this.#isAsking(frame);
    const deed = isAsked ? undefined : this.#mischief(this.#answers++, frame, answer);
    for (const bytes of deed?.send ?? [answer]) socket.write(bytes);
    if (deed?.hangsUp === true) socket.resetAndDestroy();
  }

  /** Once it was committed it is asked again and again, by connections that begin anew. */
  #isAsking(frame: Frame): boolean {
    return this.wasCommitted && frame.type === 'Hello';
  }

  #goodAnswer(frame: Frame): Buffer | undefined {
    switch (frame.type) {
      case 'Hello': {
        const about = { agentVersion: 'hostile', windowBytes: WINDOW_BYTES, heartbeatMs: HEARTBEAT_MS };
        return encodeFrame('HelloAck', { version: 2, ...about });
      }
      case 'Offer': {
        const where = { apiHost: '', apiPort: 9, apiScheme: 'http' };
        const copies = frame.header.images.map(() => ({ copy: 'c', held: 1 }));
        return encodeFrame('Accept', { sessionKey: 'k', lanes: frame.header.lanes, ...where, copies, workload: '' });
      }
      case 'Heartbeat': {
        const { sentAtMs, echoMs } = frame.header;
        return echoMs === 0 ? encodeFrame('Heartbeat', { sentAtMs: 1, echoMs: sentAtMs }) : undefined;
      }
      case 'Extent':
      case 'Zero':
      case 'Check':
      case 'CheckZero':
        return encodeFrame('Ack', { seq: frame.header.seq });
      case 'RoundEnd':
        return encodeFrame('RoundSynced', { round: frame.header.round, durationMs: 1 });
      case 'Prepare':
        return encodeFrame('Prepared', { durationMs: 1 });
      case 'Commit':
        return encodeFrame('Taken', { durationMs: 1, epochs: frame.header.epochs.map((epoch) => epoch + 1) });
      case 'Cancel':
        return encodeFrame('Cancelled', {});
      case 'Resolve': {
        const where = { apiHost: '', apiPort: 9, apiScheme: 'http' };
        return encodeFrame('Outcome', {
          state: this.#outcome,
          epochs: frame.header.epochs.map((epoch) => epoch + 1),
          ...where,
        });
      }
      default:
        return undefined;
    }
  }
}
