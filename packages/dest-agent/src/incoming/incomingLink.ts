import { randomBytes } from 'node:crypto';
import { GodwitError } from '@godwit/errors';
import type { BlockMap, LiveImage } from '@godwit/image';
import { type FrameHeaders, type HeldCopy, LIMITS } from '@godwit/protocol';
import type { ControlChannel, Greeted } from '@godwit/transport';
import { LaneHost } from '../lanes/laneHost.js';
import { LanePhase, type LaneProof } from '../lanes/laneMessages.js';
import { isSessionKey } from '../lanes/proveLane.js';
import type { ReserveFile } from '../lanes/takeRoom.js';
import type { Advertised } from './incomingParts.js';

/** What lanes need of the agent. */
interface LaneParts {
  readonly agentVersion: string;
  /** Empty where none is asked for. */
  readonly token: string;
  readonly reserve: ReserveFile | undefined;
  /** By name, where somebody wants to know which blocks of an image were written. */
  readonly received: ReadonlyMap<string, BlockMap>;
}

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

  /** Lanes may come from here on. */
  accept(offer: FrameHeaders['Offer'], advertised: Advertised, copies: readonly HeldCopy[]): void {
    this.channel.send('Accept', {
      sessionKey: this.sessionKey,
      lanes: Math.min(offer.lanes, LIMITS.lanes),
      ...advertised,
      copies: offer.attempt > 0 ? copies : [],
      workload: offer.workload,
    });
  }

  /** A connection that said it is a lane of this migration; `images` in the order of the offer. Throws when it is not. */
  attachLane(
    connection: Greeted,
    offer: FrameHeaders['Offer'],
    images: readonly LiveImage[],
    { agentVersion, token, reserve, received }: LaneParts,
  ): void {
    const { hello, version } = connection;
    const proof = this.#proofFor(connection, token);
    if (proof === undefined && !isSessionKey(hello.sessionKey, this.sessionKey))
      throw new GodwitError('E_UNAUTHORIZED');
    if (hello.lane >= offer.lanes || (proof === undefined && this.#lanes.has(hello.lane))) {
      throw new GodwitError('E_PROTOCOL', { problem: `lane ${hello.lane} is not free` });
    }
    this.#lanes.attach(connection, {
      ...(proof === undefined ? {} : { proof }),
      ...(reserve === undefined ? {} : { reserve }),
      lane: hello.lane,
      version,
      agentVersion,
      phase: this.#lanePhase,
      files: images.map(({ name, file, size, blockBytes }) => {
        const buffer = received.get(name)?.buffer;
        const about = { path: file.path, identity: file.identity(), size, blockBytes };
        return buffer === undefined ? about : { ...about, received: buffer };
      }),
    });
  }

  /** What a lane within TLS has to show: the certificate of this channel. */
  #proofFor({ hello, version, unproven }: Greeted, token: string): LaneProof | undefined {
    const { secured } = this.channel;
    if (secured === undefined) return undefined;
    if (unproven === undefined) throw new GodwitError('E_TLS_REQUIRED');
    const { migrationId, lane } = hello;
    return {
      ...secured,
      said: { role: 'lane', version, migrationId, lane },
      peer: unproven.peer,
      timeoutMs: unproven.timeoutMs,
      token,
      sessionKey: this.sessionKey,
    };
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
