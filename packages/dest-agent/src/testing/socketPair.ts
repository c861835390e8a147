import { once } from 'node:events';
import net from 'node:net';
import type { GodwitError } from '@godwit/errors';
import type { Frame, FrameName } from '@godwit/protocol';
import { FrameSocket, type FrameSocketOptions } from '@godwit/transport';

/** What a lane's receiver may be sent. */
const TO_RECEIVER: readonly FrameName[] = ['Failure', 'Extent', 'Zero', 'Check', 'CheckZero'];
const TO_SENDER: readonly FrameName[] = ['Failure', 'Ack', 'Nack', 'CheckResult'];

export interface LanePair {
  /** The source's end; what comes back is in `answers`. */
  readonly source: FrameSocket;
  readonly destination: FrameSocket;
  readonly answers: Frame[];
  /** Resolves when the source's end is over, with why. */
  readonly ended: Promise<GodwitError | undefined>;
  /** Resolves when everything up to `seq` was acknowledged. */
  acknowledged(seq: number): Promise<void>;
}

/** Two ends of a real connection over loopback; the destination's frames go to `receiver`. */
export async function lanePair(receiver: Pick<FrameSocketOptions, 'onFrame' | 'onBatch'>): Promise<LanePair> {
  const server = net.createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const answers: Frame[] = [];
  let tell: () => void = () => undefined;
  let end: (error: GodwitError | undefined) => void = () => undefined;
  const ended = new Promise<GodwitError | undefined>((resolve) => {
    end = resolve;
  });
  const accepted: Promise<net.Socket> = once(server, 'connection').then(([socket]) => socket);
  const source = FrameSocket.connect(
    { host: '127.0.0.1', port: address.port },
    {
      accepts: TO_SENDER,
      onFrame: (frame) => {
        answers.push(frame);
        tell();
      },
      onEnd: (error) => {
        end(error);
        tell();
      },
    },
  );
  const destination = FrameSocket.wrap(await accepted, { accepts: TO_RECEIVER, ...receiver, onEnd: () => undefined });
  server.close();
  const acknowledged = async (seq: number) => {
    const isAcknowledged = () => answers.some((frame) => frame.type === 'Ack' && frame.header.seq >= seq);
    while (!isAcknowledged()) {
      if (source.isOver) throw new Error(`over before frame ${seq} was acknowledged`);
      await new Promise<void>((resolve) => {
        tell = resolve;
      });
    }
  };
  return { source, destination, answers, ended, acknowledged };
}
