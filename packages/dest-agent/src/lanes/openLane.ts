import type { GodwitError } from '@godwit/errors';
import { LIMITS } from '@godwit/protocol';
import type { FrameSocketOptions, LaneSocket } from '@godwit/transport';
import { ExtentDecoder } from './extentDecoder.js';
import type { LaneStart } from './laneMessages.js';
import { LaneReceiver } from './laneReceiver.js';

/**
 * Runs a lane in this thread: makes the receiver, takes the connection by `take`, greets the source.
 * Nothing of the image arrives before the HelloAck that this sends.
 */
export async function openLane<S extends LaneSocket>(
  start: LaneStart,
  take: (options: FrameSocketOptions) => S,
  onEnd: (error: GodwitError | undefined) => void,
): Promise<S> {
  const receiver = new LaneReceiver(start, await ExtentDecoder.create());
  const socket = take({
    accepts: ['Failure', 'Extent', 'Zero', 'Check', 'CheckZero'],
    onFrame: (frame) => receiver.receive(frame),
    onBatch: () => receiver.acknowledge(),
    onEnd: (error) => {
      receiver.close();
      onEnd(error);
    },
  });
  receiver.attach(socket);
  socket.send('HelloAck', {
    version: start.version,
    agentVersion: start.agentVersion,
    windowBytes: LIMITS.windowBytes,
    heartbeatMs: 0,
  });
  return socket;
}
