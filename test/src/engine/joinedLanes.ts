/**
 * The source's lanes and the destination's, joined over loopback in one thread: what a pool of workers
 * does, but with every frame and every connection in a test's hands.
 */
import { once } from 'node:events';
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import net from 'node:net';
import { ExtentDecoder } from '../../../packages/dest-agent/dist/lanes/extentDecoder.js';
import { LanePhase } from '../../../packages/dest-agent/dist/lanes/laneMessages.js';
import { LaneReceiver } from '../../../packages/dest-agent/dist/lanes/laneReceiver.js';
import type { LiveImage } from '../../../packages/image/dist/index.js';
import type { Frame } from '../../../packages/protocol/dist/index.js';
import { ExtentEncoder } from '../../../packages/source-agent/dist/lanes/extentEncoder.js';
import { LaneCounters } from '../../../packages/source-agent/dist/lanes/laneCounters.js';
import { LaneImage } from '../../../packages/source-agent/dist/lanes/laneImage.js';
import { LaneSender } from '../../../packages/source-agent/dist/lanes/laneSender.js';
import { type WorkItems, WorkList } from '../../../packages/source-agent/dist/rounds/workList.js';
import { FrameSocket } from '../../../packages/transport/dist/index.js';

export interface JoinedOptions {
  readonly lanes: number;
  readonly windowBytes: number;
  /** Sees each frame as it arrives at the destination; what it returns is what the receiver is given. */
  readonly onArrival?: (frame: Frame, lane: number) => Frame;
}

interface Lane {
  readonly sender: LaneSender;
  readonly images: readonly LaneImage[];
  readonly sockets: readonly FrameSocket[];
  readonly receiver: LaneReceiver;
  /** The destination's socket: paused, the lane is delayed. */
  readonly incoming: net.Socket;
}

export interface Suspect {
  readonly image: number;
  readonly block: number;
}

export class JoinedLanes {
  readonly lanes: Lane[] = [];
  readonly counters = new LaneCounters();
  /** Why the first connection ended early. */
  failure: Error | undefined;

  /** Joins images to empty files of their size at `targets`. */
  static async open(
    images: readonly LiveImage[],
    targets: readonly string[],
    options: JoinedOptions,
  ): Promise<JoinedLanes> {
    const joined = new JoinedLanes();
    const phase = new SharedArrayBuffer(4);
    new Int32Array(phase)[0] = LanePhase.receiving;
    const files = images.map(({ size, blockBytes }, index) => ({ path: targets[index] ?? '', size, blockBytes }));
    for (const { path, size } of files) makeEmpty(path, size);
    for (let lane = 0; lane < options.lanes; lane++) {
      const start = { lane, version: 2, agentVersion: 'test', files, phase };
      joined.lanes.push(
        await joined.#join(images, new LaneReceiver(start, await ExtentDecoder.create()), lane, options),
      );
    }
    return joined;
  }

  /** One pass over all lanes, as LanePool.run does it. */
  async run(kind: 'send' | 'prove' | 'check', round: number, items: WorkItems): Promise<Suspect[]> {
    const list = WorkList.of(items);
    const runs = this.lanes.map(({ sender }) => sender.run(kind, round, new WorkList(list.buffer)));
    return (await Promise.all(runs)).flat();
  }

  close(): void {
    for (const { sockets, receiver, images } of this.lanes) {
      for (const socket of sockets) socket.destroy();
      receiver.close();
      for (const { file } of images) file.closeSync();
    }
  }

  async #join(live: readonly LiveImage[], receiver: LaneReceiver, lane: number, options: JoinedOptions): Promise<Lane> {
    const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    const accepted: Promise<net.Socket> = once(server, 'connection').then(([socket]) => socket);
    const onEnd = (error: Error | undefined) => {
      this.failure ??= error;
    };
    const out = FrameSocket.connect(
      { host: '127.0.0.1', port: address.port },
      { accepts: ['Failure', 'Ack', 'Nack', 'CheckResult'], onFrame: (frame) => sender.receive(frame), onEnd },
    );
    const incoming = await accepted;
    server.close();
    const into = FrameSocket.wrap(incoming, {
      accepts: ['Failure', 'Extent', 'Zero', 'Check', 'CheckZero'],
      onFrame: (frame) => receiver.receive(options.onArrival?.(frame, lane) ?? frame),
      onBatch: () => receiver.acknowledge(),
      onEnd,
    });
    receiver.attach(into);
    const images = live.map((image, index) => new LaneImage(index, image.handle()));
    const encoder = await ExtentEncoder.create();
    const parts = { images, encoder, counters: this.counters, limiter: undefined, windowBytes: options.windowBytes };
    const sender = new LaneSender(parts, out);
    return { sender, images, sockets: [out, into], receiver, incoming };
  }
}

function makeEmpty(path: string, size: number): void {
  const fd = openSync(path, 'w');
  ftruncateSync(fd, size);
  closeSync(fd);
}
