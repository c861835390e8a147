import { GodwitError, toGodwitError } from '@godwit/errors';
import { encodePreamble, type Frame, type FrameName, PROTOCOL_VERSION } from '@godwit/protocol';
import {
  connectOptions,
  connectSecurely,
  FrameSocket,
  type FrameSocketOptions,
  type LaneSocket,
  PolledSocket,
  RateLimiter,
  type ThreadSession,
} from '@godwit/transport';
import { WorkList } from '../rounds/workList.js';
import { ExtentEncoder } from './extentEncoder.js';
import { LaneCounters } from './laneCounters.js';
import { LaneImage } from './laneImage.js';
import type { LaneReport, LaneStart, LaneWork } from './laneMessages.js';
import { LaneSender } from './laneSender.js';
import { watchLane } from './laneWatchdog.js';

/** Longer than the control channel waits: behind an Ack stands the destination's disk, not its event loop alone. */
const PATIENCE_FACTOR = 3;
const PEER_TIMEOUT_MS = 10_000;

const ANSWERS: readonly FrameName[] = ['Failure', 'Ack', 'Nack', 'CheckResult'];

/** What a lane tells its owner. */
export type Say = (report: LaneReport) => void;

/** What a session says until it has ended: its thread may be somebody else's by then. */
class Voice {
  readonly #say: Say;
  #isHeard = true;

  constructor(say: Say) {
    this.#say = say;
  }

  say(report: LaneReport): void {
    if (this.#isHeard) this.#say(report);
  }

  fail(error: unknown): void {
    this.say({ type: 'failed', error: toGodwitError(error).toJSON() });
  }

  end(): void {
    this.#isHeard = false;
  }
}

/** One lane, from its connection to its end: connects, says Hello, then works through the lists it is given. Undefined when it could not begin. */
export async function beginLane(lane: LaneStart, say: Say): Promise<ThreadSession<LaneWork> | undefined> {
  const voice = new Voice(say);
  try {
    return await open(lane, voice);
  } catch (error) {
    voice.fail(error);
    return undefined;
  }
}

async function open(lane: LaneStart, voice: Voice): Promise<ThreadSession<LaneWork>> {
  const parts = await partsOf(lane);
  const { images } = parts;
  let socket: LaneSocket | undefined;
  let sender: LaneSender | undefined;
  let stopWatching: () => void = () => undefined;
  const options = {
    onFrame: (frame: Frame) => {
      if (sender !== undefined) sender.receive(frame);
      else if (frame.type === 'HelloAck') greeted(frame.header.windowBytes);
    },
    onEnd: (error: GodwitError | undefined) =>
      voice.fail(error ?? new GodwitError('E_LANE_LOST', { lane: lane.lane, problem: 'the destination closed it' })),
  };
  const leaving = new AbortController();
  let dialled: FrameSocket | undefined;
  // The greeting is a matter of events; what follows is not, where descriptors are to be had and the bytes are not OpenSSL's.
  const greeted = (windowBytes: number) => {
    if (dialled === undefined) return;
    const held = lane.secured === undefined ? dialled.detach() : undefined;
    dialled.setAccepts(ANSWERS);
    const ours = { ...options, accepts: ANSWERS };
    const polled = held === undefined ? undefined : new PolledSocket(held.fd, ours, lane.waitMs);
    polled?.watchIdle();
    socket = polled ?? dialled;
    sender = new LaneSender({ ...parts, windowBytes }, socket);
    stopWatching = watchOver(lane, sender, socket, voice);
    voice.say({ type: 'ready', ...(held === undefined ? {} : { fd: held.fd }) });
  };
  dial(lane, options, leaving.signal).then(
    (made) => {
      dialled = made;
      if (leaving.signal.aborted) made.destroy();
    },
    (error: unknown) => voice.fail(error),
  );
  let passes = 0;
  return {
    receive: (work) => {
      passes += 1;
      sender
        ?.run(work.kind, work.round, new WorkList(work.list), work.isLastReading)
        .then(
          (suspects) => voice.say({ type: 'done', suspects }),
          (error: unknown) => voice.fail(error),
        )
        .finally(() => (passes -= 1));
    },
    end: () => {
      voice.end();
      stopWatching();
      leaving.abort();
      (socket ?? dialled)?.destroy();
      for (const { file } of images) file.closeSync();
      // A pass over a socket of the event loop may be anywhere, and so may one that is being dialled.
      return socket instanceof PolledSocket || (socket !== undefined && passes === 0);
    },
  };
}

/** What a sender works with, but for its connection. */
async function partsOf(lane: LaneStart) {
  const encoder = await ExtentEncoder.create();
  return {
    images: LaneImage.openAll(lane.images, lane.cold),
    encoder,
    counters: new LaneCounters(lane.counters),
    limiter: lane.limiter === undefined ? undefined : new RateLimiter(lane.limiter),
    scrubLimiter: lane.scrubLimiter === undefined ? undefined : new RateLimiter(lane.scrubLimiter),
    encoding: lane.encoding ?? 'auto',
  } as const;
}

async function dial(
  lane: LaneStart,
  options: Pick<FrameSocketOptions, 'onFrame' | 'onEnd'>,
  signal: AbortSignal,
): Promise<FrameSocket> {
  const socket = await connect(lane, { ...options, accepts: ['Failure', 'HelloAck'] }, signal);
  socket.sendRaw(encodePreamble('lane', lane.version, lane.secured !== undefined));
  socket.send('Hello', {
    agentVersion: lane.agentVersion,
    token: lane.token,
    migrationId: lane.migrationId,
    sessionKey: lane.sessionKey,
    lane: lane.lane,
    heartbeatMs: 0,
  });
  return socket;
}

async function connect(lane: LaneStart, options: FrameSocketOptions, signal: AbortSignal): Promise<FrameSocket> {
  const { secured, host, port, migrationId, version = PROTOCOL_VERSION } = lane;
  if (secured === undefined) return FrameSocket.connect(connectOptions(lane), options);
  const where = { host, port, role: 'lane', version, migrationId, lane: lane.lane } as const;
  const { socket } = await connectSecurely({ ...where, ...secured, signal });
  return FrameSocket.wrap(socket, options);
}

function watchOver(lane: LaneStart, sender: LaneSender, socket: LaneSocket, voice: Voice): () => void {
  return watchLane({
    patienceMs: PATIENCE_FACTOR * (lane.peerTimeoutMs ?? PEER_TIMEOUT_MS),
    overdueMs: () => sender.overdueMs,
    onLost: (silentMs) => {
      const problem = `no frame was acknowledged for ${silentMs} ms`;
      voice.fail(new GodwitError('E_LANE_LOST', { lane: lane.lane, problem }));
      socket.destroy();
    },
  });
}
