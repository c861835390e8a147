import { once } from 'node:events';
import net from 'node:net';
import { Worker } from 'node:worker_threads';
import { FrameParser } from '@godwit/protocol';
import type { FrameSocketOptions } from '../frameSocket.js';
import { type HeldDescriptor, heldDescriptorOf } from '../heldDescriptor.js';
import { PolledSocket } from '../polledSocket.js';
import { ALL, Heard, type Place } from './wire.js';

/** A socket driven by this thread, and the other end of its connection: one of the event loop, paused at first. */
export interface PolledPair {
  readonly socket: PolledSocket;
  readonly held: HeldDescriptor;
  /** What the socket was told. */
  readonly heard: Heard;
  readonly peer: net.Socket;
}

/** The descriptor of the next connection that `place` accepts. */
export async function acceptHeld(place: Place): Promise<HeldDescriptor> {
  const accepted = await place.accept();
  const held = heldDescriptorOf(accepted);
  if (held === undefined) throw new Error('no descriptor');
  accepted.destroy();
  return held;
}

export async function polledPair(place: Place, options: Partial<FrameSocketOptions> = {}): Promise<PolledPair> {
  const peer = net.connect(place.port, '127.0.0.1');
  peer.on('error', () => peer.destroy());
  peer.setNoDelay(true);
  const [held] = await Promise.all([acceptHeld(place), once(peer, 'connect')]);
  const heard = new Heard();
  return { socket: new PolledSocket(held.fd, { ...heard.options, ...options }), held, heard, peer };
}

/** Reads the peer's end; payloads are copies. */
export function hear(peer: net.Socket): Heard {
  const heard = new Heard();
  const parser = new FrameParser({ accepts: ALL, onFrame: heard.options.onFrame });
  peer.on('data', (chunk: Buffer) => parser.push(chunk));
  peer.once('close', () => heard.ends.push(undefined));
  return heard;
}

/** Hands bytes to the kernel; over loopback the other end has them then. */
export function write(peer: net.Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => peer.write(bytes, () => resolve()));
}

const FLOOD = `
const { parentPort, workerData } = require('node:worker_threads');
const socket = require('node:net').connect(workerData.port, '127.0.0.1');
socket.setNoDelay(true);
socket.on('error', () => socket.destroy());
socket.on('close', () => parentPort.postMessage('closed'));
const next = () => socket.destroyed || socket.write(workerData.bytes, () => setImmediate(next));
next();
`;

/** A peer in a thread of its own that sends the same bytes again and again, and reads nothing; says when it was hung up on. */
export async function flood(place: Place, bytes: Uint8Array): Promise<{ worker: Worker; held: HeldDescriptor }> {
  const worker = new Worker(FLOOD, { eval: true, workerData: { port: place.port, bytes } });
  return { worker, held: await acceptHeld(place) };
}

/** Whether a promise is still open after some turns of the event loop. */
export async function isPending(promise: Promise<unknown>, turns = 20): Promise<boolean> {
  let pending = true;
  const settle = () => {
    pending = false;
  };
  promise.then(settle, settle);
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  return pending;
}
