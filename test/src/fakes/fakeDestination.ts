import { createServer, type Server, type Socket } from 'node:net';
import { Encoding, type Frame, PREAMBLE_BYTES, parsePreamble } from '@godwit/protocol';
import { digestsOf, hashHalves } from './digests.js';
import { WireConnection } from './wireConnection.js';

const WINDOW_BYTES = 4 * 1024 * 1024;
const HEARTBEAT_MS = 300;
const SESSION_KEY = 'session-key-of-a-fake-destination';

/**
 * A destination of protocol version `version` that keeps images in memory and takes over when told, by
 * the letter of frameType.ts. It refuses nothing and compares every digest.
 */
export class FakeDestination {
  /** Images by their index in the offer. */
  readonly images: Buffer[] = [];
  /** Versions in the preambles of the connections that came. */
  readonly versions: number[] = [];
  readonly connections: WireConnection[] = [];
  /** Extents and digests that did not fit; none are expected. */
  readonly complaints: string[] = [];
  readonly #version: number;
  readonly #server: Server;
  readonly #turnsAway: boolean;
  #blockBytes = 0;
  #taken = false;

  /** One that `turns away` refuses every connection for its version. */
  constructor(version: number, manner: 'accepts' | 'turns away' = 'accepts') {
    this.#version = version;
    this.#turnsAway = manner === 'turns away';
    this.#server = createServer((socket) => this.#greet(socket));
  }

  /** True once COMMIT came and was answered. */
  get taken(): boolean {
    return this.#taken;
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Reads the preamble, then leaves the bytes to the frames. */
  #greet(socket: Socket): void {
    let start = Buffer.alloc(0);
    const collect = (chunk: Buffer): void => {
      start = Buffer.concat([start, chunk]);
      if (start.length < PREAMBLE_BYTES) return;
      socket.off('data', collect);
      const { role, version } = parsePreamble(start);
      this.versions.push(version);
      const connection = new WireConnection(socket);
      this.connections.push(connection);
      connection.feed(start.subarray(PREAMBLE_BYTES));
      const served = role === 'control' ? this.#serveControl(connection) : this.#serveLane(connection);
      // The end of a connection ends its service; what went wrong shows in the migration.
      served.catch(() => socket.destroy());
    };
    socket.on('data', collect);
    socket.on('error', () => socket.destroy());
  }

  async #serveControl(control: WireConnection): Promise<void> {
    await control.next('Hello');
    if (this.#turnsAway) {
      const message = 'the peer speaks protocol version 2; this one speaks 5 to 6';
      control.send('Failure', { code: 'E_VERSION', message, detail: '' });
      control.socket.end();
      return;
    }
    const ack = { version: this.#version, agentVersion: 'fake', windowBytes: WINDOW_BYTES, heartbeatMs: HEARTBEAT_MS };
    control.send('HelloAck', ack);
    const heartbeat = setInterval(() => control.send('Heartbeat', { sentAtMs: Date.now(), echoMs: 0 }), HEARTBEAT_MS);
    control.socket.once('close', () => clearInterval(heartbeat));
    const offer = await control.next('Offer');
    this.#blockBytes = offer.images[0]?.blockBytes ?? 0;
    for (const { sizeBytes } of offer.images) this.images.push(Buffer.alloc(sizeBytes));
    const where = { apiHost: '', apiPort: 9, apiScheme: 'http' };
    control.send('Accept', { sessionKey: SESSION_KEY, lanes: offer.lanes, ...where, copies: [], workload: '' });
    const rounds = this.#syncRounds(control);
    rounds.catch(() => undefined);
    await control.next('Prepare');
    control.send('Prepared', { durationMs: 1 });
    const { epochs } = await control.next('Commit');
    this.#taken = true;
    control.send('Taken', { durationMs: 1, epochs: epochs.map((epoch) => epoch + 1) });
    await control.next('Released');
  }

  async #syncRounds(control: WireConnection): Promise<void> {
    for (;;) {
      const { round } = await control.next('RoundEnd');
      control.send('RoundSynced', { round, durationMs: 1 });
    }
  }

  async #serveLane(lane: WireConnection): Promise<void> {
    const { sessionKey } = await lane.next('Hello');
    if (sessionKey !== SESSION_KEY) this.complaints.push('a lane with another session key');
    const ack = { version: this.#version, agentVersion: 'fake', windowBytes: WINDOW_BYTES, heartbeatMs: HEARTBEAT_MS };
    lane.send('HelloAck', ack);
    // Frames are taken in order from what was received; the first was the Hello.
    for (let index = 1; ; index++) {
      const frame = await lane.at(index);
      if (frame === undefined) return;
      this.#apply(lane, frame);
    }
  }

  #apply(lane: WireConnection, frame: Frame): void {
    switch (frame.type) {
      case 'Extent': {
        const { image, offset, encoding, hashLow, hashHigh, seq } = frame.header;
        const raw = encoding === Encoding.raw ? frame.payload : undefined;
        if (raw === undefined) this.complaints.push('an extent in an encoding that this fake does not know');
        else {
          const halves = hashHalves(raw);
          if (halves.hashLow !== hashLow || halves.hashHigh !== hashHigh) this.complaints.push('a wrong hash');
          this.images[image]?.set(raw, offset);
        }
        lane.send('Ack', { seq });
        return;
      }
      case 'Zero':
        this.images[frame.header.image]?.fill(0, frame.header.offset, frame.header.offset + frame.header.length);
        lane.send('Ack', { seq: frame.header.seq });
        return;
      case 'Check': {
        const { image, offset, length, seq } = frame.header;
        const mine = digestsOf(
          this.images[image]?.subarray(offset, offset + length) ?? Buffer.alloc(0),
          this.#blockBytes,
        );
        if (!mine.equals(frame.payload)) this.complaints.push(`digests differ at ${offset}`);
        lane.send('Ack', { seq });
        return;
      }
      case 'CheckZero':
        lane.send('Ack', { seq: frame.header.seq });
        return;
      default:
        if (frame.type !== 'Heartbeat') this.complaints.push(`${frame.type} on a lane`);
    }
  }
}
