import { once } from 'node:events';
import net from 'node:net';
import type { GodwitError } from '@godwit/errors';
import {
  encodeFrame,
  encodePreamble,
  type Frame,
  type FrameHeaders,
  type FrameName,
  FrameParser,
  FrameType,
  type RoleName,
} from '@godwit/protocol';
import type { FrameSocketOptions } from '../frameSocket.js';

/** All names of frames. */
export const ALL: readonly FrameName[] = Object.keys(FrameType).filter((name): name is FrameName => name in FrameType);

/** A server of one connection at a time on a port of its own; `accept` gives the next one, paused. */
export interface Place {
  readonly port: number;
  accept(): Promise<net.Socket>;
  close(): void;
}

export async function openPlace(): Promise<Place> {
  const server = net.createServer({ pauseOnConnect: true });
  const sockets = new Set<net.Socket>();
  const waiting: net.Socket[] = [];
  server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy());
    sockets.add(socket);
    waiting.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    accept: async () => {
      while (waiting.length === 0) await once(server, 'connection');
      const [socket] = waiting.splice(0, 1);
      if (socket === undefined) throw new Error('no connection');
      return socket;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Options of a socket that remember what they were told. */
export class Heard {
  readonly frames: { readonly type: FrameName; readonly header: Frame['header']; readonly payload: Buffer }[] = [];
  readonly ends: (GodwitError | undefined)[] = [];
  batches = 0;
  readonly options: FrameSocketOptions;

  constructor(accepts: readonly FrameName[] = ALL) {
    this.options = {
      accepts,
      onFrame: ({ type, header, payload }) => this.frames.push({ type, header, payload: Buffer.from(payload) }),
      onBatch: () => (this.batches += 1),
      onEnd: (error) => this.ends.push(error),
    };
  }
}

/** What a plain socket has received: its frames, and whether the other side has ended. */
export function listen(socket: net.Socket): { frames: Frame[]; closed: boolean } {
  const state: { frames: Frame[]; closed: boolean } = { frames: [], closed: false };
  const parser = new FrameParser({ accepts: ALL, onFrame: (frame) => state.frames.push(frame) });
  socket.on('data', (chunk) => parser.push(Buffer.from(chunk)));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => (state.closed = true));
  socket.resume();
  return state;
}

export const HELLO: FrameHeaders['Hello'] = {
  agentVersion: 'test',
  token: 'sesame-sesame-sesame',
  migrationId: '',
  sessionKey: '',
  lane: 0,
  heartbeatMs: 1000,
};

/** The first bytes of a connection. */
export function greeting(hello: Partial<FrameHeaders['Hello']> = {}, role: RoleName = 'control', version = 2): Buffer {
  return Buffer.concat([encodePreamble(role, version), encodeFrame('Hello', { ...HELLO, ...hello })]);
}

/** Waits for a condition, not for a time. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 15_000;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
