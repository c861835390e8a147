import { GodwitError, toGodwitError } from '@godwit/errors';
import { type Frame, type FrameName, LIMITS } from '@godwit/protocol';
import { ControlChannel, FrameSocket, type Greeted } from '@godwit/transport';

/** Frames that a source sends on the control channel. */
const FROM_SOURCE: readonly FrameName[] = [
  'Failure',
  'Heartbeat',
  'Offer',
  'Progress',
  'RoundEnd',
  'Prepare',
  'Commit',
  'Released',
  'Cancel',
  'Resolve',
  'Survey',
];

/**
 * Greets a control connection and hands its first frame, Offer, Resolve or Survey, to `first`. What `first`
 * throws is told to the source and ends the connection.
 */
export async function greetControl(
  { socket, version, secured }: Greeted,
  peerTimeoutMs: number,
  agentVersion: string,
  first: (frame: Frame, channel: ControlChannel) => Promise<void>,
): Promise<void> {
  const channel = new ControlChannel(peerTimeoutMs);
  channel.secured = secured;
  const frames = FrameSocket.wrap(socket, {
    accepts: FROM_SOURCE,
    onFrame: (frame) => channel.receive(frame),
    onEnd: (error) => channel.finish(error),
  });
  channel.attach(frames);
  channel.speaks(version);
  const opening = channel.waitForAny(['Offer', 'Resolve', 'Survey']);
  frames.send('HelloAck', { version, agentVersion, windowBytes: 0, heartbeatMs: channel.heartbeatMs });
  const timeoutMs = LIMITS.helloTimeoutMs;
  const timer = setTimeout(() => channel.fail(new GodwitError('E_HELLO_TIMEOUT', { timeoutMs })), timeoutMs);
  try {
    const frame = await opening;
    clearTimeout(timer);
    await first(frame, channel);
  } catch (thrown) {
    const error = toGodwitError(thrown);
    channel.fail(error);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
