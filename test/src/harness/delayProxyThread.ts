/** The thread of DelayProxy: sockets in front of and behind two delay lines, and one timer for all of them. */
import { connect, createServer, Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { heldDescriptorOf } from '../../../packages/transport/dist/index.js';
import { DelayLine, FlightMeter } from './delayLine.js';
import { DelayCount, type DelayProxyStart } from './delayProxy.js';

/** Reads are cut at a slab's end: half a millisecond of 1 Gbit/s, so that a part does not wait long for its last byte. */
const SLAB_BYTES = 64 * 1024;
const SMALLEST_READ_BYTES = 8 * 1024;
/** What a receiver may leave unread here before its sender is held up. */
const UNREAD_BYTES = 1024 * 1024;

function isStart(value: unknown): value is DelayProxyStart {
  return typeof value === 'object' && value !== null && 'options' in value && 'counts' in value;
}

const start: unknown = workerData;
if (!isStart(start)) throw new Error('a thread of DelayProxy');
const { options } = start;
const counts = new Float64Array(start.counts);

/** Undefined marks the end of what a connection sends. */
interface Part {
  readonly flow: Flow;
  readonly bytes: Buffer | undefined;
}

type Line = DelayLine<Part>;

const toDestination: Line = new DelayLine(options);
const toSource: Line = new DelayLine(options);
const lines = [toDestination, toSource];
const flight = new FlightMeter(options.delayMs);
const flows = new Set<Flow>();
let timer: NodeJS.Timeout | undefined;
let timerDueMs = Number.POSITIVE_INFINITY;

/** One direction of one connection. */
class Flow {
  readonly #line: Line;
  readonly #to: () => Socket;
  #from: Socket | undefined;
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #used = 0;

  constructor(line: Line, to: () => Socket) {
    this.#line = line;
    this.#to = to;
  }

  /** Where the next read goes: behind the last one, which may still be travelling. */
  readonly room = (): Buffer => {
    if (SLAB_BYTES - this.#used < SMALLEST_READ_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    return this.#slab.subarray(this.#used);
  };

  /** That many bytes were read into `room`; false: read no more for now. */
  readonly filled = (count: number): boolean => {
    const bytes = this.#slab.subarray(this.#used, this.#used + count);
    this.#used += count;
    return this.enter(bytes);
  };

  enter(bytes: Buffer | undefined): boolean {
    const now = performance.now();
    this.#line.push({ flow: this, bytes }, bytes?.length ?? 0, now);
    if (this.#line === toDestination) flight.saw(toDestination.pushedBytes, toDestination.arrivedBytes, now);
    schedule();
    return this.mayRead;
  }

  get mayRead(): boolean {
    return !this.#line.isFull && this.#to().writableLength < UNREAD_BYTES;
  }

  readFrom(from: Socket): void {
    this.#from = from;
    flows.add(this);
    from.once('end', () => this.enter(undefined));
    from.once('close', () => flows.delete(this));
    this.#to().on('drain', () => this.readOn());
    from.resume();
  }

  readOn(): void {
    if (this.#from?.destroyed === false && this.mayRead) this.#from.resume();
  }

  leave(bytes: Buffer | undefined): void {
    const to = this.#to();
    if (to.destroyed) return;
    if (bytes === undefined) to.end();
    else to.write(bytes);
  }
}

/** One timer, for whichever part of either line arrives first. */
function schedule(): void {
  const dueMs = Math.min(...lines.map(({ nextDueMs = Number.POSITIVE_INFINITY }) => nextDueMs));
  if (timer !== undefined && timerDueMs <= dueMs) return;
  clearTimeout(timer);
  timer = undefined;
  if (dueMs === Number.POSITIVE_INFINITY) return;
  timerDueMs = dueMs;
  timer = setTimeout(deliver, Math.max(0, dueMs - performance.now()));
}

function deliver(): void {
  timer = undefined;
  const now = performance.now();
  for (const line of lines) {
    for (let part = line.take(now); part !== undefined; part = line.take(now)) part.flow.leave(part.bytes);
  }
  flight.saw(toDestination.pushedBytes, toDestination.arrivedBytes, now);
  counts[DelayCount.toDestinationBytes] = toDestination.arrivedBytes;
  counts[DelayCount.toSourceBytes] = toSource.arrivedBytes;
  counts[DelayCount.peakInFlightBytes] = flight.peakBytes;
  for (const flow of flows) flow.readOn();
  schedule();
}

function accept(accepted: Socket): void {
  counts[DelayCount.connections] = (counts[DelayCount.connections] ?? 0) + 1;
  const forth = new Flow(toDestination, () => upstream);
  const back = new Flow(toSource, () => client);
  const reading = (flow: Flow) => ({ buffer: flow.room, callback: flow.filled });
  const upstream = connect({
    port: options.targetPort,
    host: '127.0.0.1',
    allowHalfOpen: true,
    onread: reading(back),
  });
  const client = withReads(accepted, reading(forth));
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    socket.setNoDelay(true);
    // A reset is no part of the stream, and does not wait for it.
    socket.on('error', () => other.resetAndDestroy());
  }
  forth.readFrom(client);
  back.readFrom(upstream);
}

/** An accepted socket cannot be told where to read to; one that is made of its descriptor can. */
function withReads(accepted: Socket, onread: { buffer: () => Buffer; callback: (count: number) => boolean }): Socket {
  const held = heldDescriptorOf(accepted);
  if (held === undefined) throw new Error('descriptors are not to be had');
  accepted.destroy();
  held.passOn();
  return new Socket({ fd: held.fd, readable: true, writable: true, allowHalfOpen: true, ...{ onread } });
}

const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, accept);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  parentPort?.postMessage(typeof address === 'object' && address !== null ? address.port : 0);
});
