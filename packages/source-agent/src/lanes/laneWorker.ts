import { parentPort } from 'node:worker_threads';
import { GodwitError, toGodwitError } from '@godwit/errors';
import { encodePreamble, type Frame } from '@godwit/protocol';
import { connectOptions, FrameSocket, leaveWhenAsked, RateLimiter, startedWith } from '@godwit/transport';
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

/** Thread of one lane: connects, says Hello, then works through the lists it is given. */
function report(message: LaneReport): void {
  parentPort?.postMessage(message);
}

function fail(error: unknown): void {
  report({ type: 'failed', error: toGodwitError(error).toJSON() });
}

async function start(lane: LaneStart): Promise<void> {
  const images = lane.images.map((handle, index) => new LaneImage(index, handle));
  const encoder = await ExtentEncoder.create();
  const counters = new LaneCounters(lane.counters);
  const limiter = lane.limiter === undefined ? undefined : new RateLimiter(lane.limiter);
  let sender: LaneSender | undefined;

  const greet = (frame: Frame) => {
    if (frame.type !== 'HelloAck') return;
    socket.setAccepts(['Failure', 'Ack', 'Nack', 'CheckResult']);
    sender = new LaneSender({ images, encoder, counters, limiter, windowBytes: frame.header.windowBytes }, socket);
    watchOver(sender);
    report({ type: 'ready' });
  };
  const watchOver = (watched: LaneSender) =>
    watchLane({
      patienceMs: PATIENCE_FACTOR * (lane.peerTimeoutMs ?? PEER_TIMEOUT_MS),
      overdueMs: () => watched.overdueMs,
      onLost: (silentMs) => {
        const problem = `no frame was acknowledged for ${silentMs} ms`;
        fail(new GodwitError('E_LANE_LOST', { lane: lane.lane, problem }));
        socket.destroy();
      },
    });
  const socket = FrameSocket.connect(connectOptions(lane), {
    accepts: ['Failure', 'HelloAck'],
    onFrame: (frame) => (sender === undefined ? greet(frame) : sender.receive(frame)),
    onEnd: (error) =>
      fail(error ?? new GodwitError('E_LANE_LOST', { lane: lane.lane, problem: 'the destination closed it' })),
  });
  socket.sendRaw(encodePreamble('lane', lane.version));
  socket.send('Hello', {
    agentVersion: lane.agentVersion,
    token: lane.token,
    migrationId: lane.migrationId,
    sessionKey: lane.sessionKey,
    lane: lane.lane,
    heartbeatMs: 0,
  });

  parentPort?.on('message', (work: LaneWork | string) => {
    if (sender === undefined || typeof work === 'string') return;
    sender.run(work.kind, work.round, new WorkList(work.list)).then(
      (suspects) => report({ type: 'done', suspects }),
      (error: unknown) => fail(error),
    );
  });
}

leaveWhenAsked();
startedWith<LaneStart>().then(start).catch(fail);
