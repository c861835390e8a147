import { randomBytes, timingSafeEqual } from 'node:crypto';
import { GodwitError } from '@godwit/errors';
import type { LiveImage } from '@godwit/image';
import type { FrameHeaders } from '@godwit/protocol';
import type { ControlChannel, Greeted } from '@godwit/transport';
import { LaneHost } from '../lanes/laneHost.js';
import { LanePhase } from '../lanes/laneMessages.js';

/** What an incoming migration has of one link: the control channel, the lanes, and the secret that lanes show. */
export class IncomingLink {
  readonly channel: ControlChannel;
  readonly sessionKey = randomBytes(24).toString('hex');
  readonly #lanes: LaneHost;
  readonly #lanePhase = new SharedArrayBuffer(4);

  /** `onLaneLost` is told of every lane that ends before `endLanes`. */
  constructor(channel: ControlChannel, onLaneLost: (error: GodwitError) => void) {
    this.channel = channel;
    this.#lanes = new LaneHost(onLaneLost);
    Atomics.store(new Int32Array(this.#lanePhase), 0, LanePhase.receiving);
  }

  /** A connection that said it is a lane of this migration; `images` in the order of the offer. Throws when it is not. */
  attachLane(
    connection: Greeted,
    offer: FrameHeaders['Offer'],
    images: readonly LiveImage[],
    agentVersion: string,
  ): void {
    const { hello, version } = connection;
    const given = Buffer.from(hello.sessionKey);
    const expected = Buffer.from(this.sessionKey);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new GodwitError('E_UNAUTHORIZED');
    if (hello.lane >= offer.lanes || this.#lanes.has(hello.lane)) {
      throw new GodwitError('E_PROTOCOL', { problem: `lane ${hello.lane} is not free` });
    }
    this.#lanes.attach(connection, {
      lane: hello.lane,
      version,
      agentVersion,
      phase: this.#lanePhase,
      files: images.map(({ file, size, blockBytes }) => ({
        path: file.path,
        identity: file.identity(),
        size,
        blockBytes,
      })),
    });
  }

  /** From here on no lane writes: what is on disk afterwards is what was verified. */
  stopWriting(): void {
    Atomics.store(new Int32Array(this.#lanePhase), 0, LanePhase.prepared);
  }

  /** Ends every lane; resolves when none can write any more. */
  endLanes(): Promise<void> {
    return this.#lanes.close();
  }
}
