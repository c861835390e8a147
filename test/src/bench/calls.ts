/**
 * What a verified copy costs at least on this machine: the system calls and hashes of one move alone, in compiled loops
 * over the same pieces as a lane, without a frame, a map or a thread: `node bench/calls.mjs [--size 1G] [--runs 5]`.
 */
import { once } from 'node:events';
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import xxhash from 'xxhash-wasm';
import { parseSize } from '../../../packages/agent/dist/index.js';
import { receiveSome, sendSome } from '../../../packages/native/dist/index.js';
import { type HeldDescriptor, heldDescriptorOf } from '../../../packages/transport/dist/index.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { Stage } from '../harness/stage.js';
import { median, table } from './statistics.js';

/** As in source-agent/lanes/pieces. */
const PIECE_BYTES = 128 * 1024;
const GIBIBYTE = 1024 ** 3;
/** Of a mixed image, what is not zeros. */
const DATA_SHARE = 0.6;

const { values } = parseArgs({
  options: { size: { type: 'string', default: '1G' }, runs: { type: 'string', default: '5' } },
});
const sizeBytes = parseSize(values.size, '--size');

interface Step {
  readonly name: string;
  /** Times that a move does it with all bytes, and with those that are not zeros. */
  readonly all: number;
  readonly data: number;
  readonly run: () => void;
}

/** CPU seconds of this thread and the kernel beneath it, for a GiB. */
function costOf({ run }: Step): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / 1e6 / sizeBytes) * GIBIBYTE;
}

function eachPiece(work: (offset: number) => void): void {
  for (let offset = 0; offset < sizeBytes; offset += PIECE_BYTES) work(offset);
}

async function connection(): Promise<[HeldDescriptor, HeldDescriptor]> {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted = new Promise<net.Socket>((resolve) => server.once('connection', resolve));
  const dialled = net.connect({ port: address.port, host: '127.0.0.1' });
  await once(dialled, 'connect');
  dialled.pause();
  const ends = [dialled, await accepted].map((socket) => {
    const held = heldDescriptorOf(socket);
    socket.destroy();
    if (held === undefined) throw new Error('descriptors of sockets cannot be had here (koffi)');
    return held;
  });
  server.close();
  const [one, other] = ends;
  if (one === undefined || other === undefined) throw new Error('no connection');
  return [one, other];
}

const stage = new Stage();
const original = stage.path('original.raw');
makeRandomImage(original, sizeBytes);
const source = openSync(original, 'r');
const hasher = await xxhash();
const [here, there] = await connection();
const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
const received = Buffer.allocUnsafeSlow(PIECE_BYTES);
readSync(source, piece, 0, PIECE_BYTES, 0);
const zeros = [Buffer.alloc(PIECE_BYTES), Buffer.alloc(PIECE_BYTES)] as const;

const STEPS: readonly Step[] = [
  // The source twice, to send and to prove; the destination what it wrote.
  { name: 'read', all: 2, data: 1, run: () => eachPiece((at) => readSync(source, piece, 0, PIECE_BYTES, at)) },
  { name: 'send and receive', all: 0, data: 1, run: () => eachPiece(() => carry()) },
  { name: 'hash', all: 0, data: 4, run: () => eachPiece(() => hasher.h64Raw(piece, 0n)) },
  { name: 'write', all: 0, data: 1, run: () => write() },
  { name: 'compare with zeros', all: 2, data: -2, run: () => eachPiece(() => Buffer.compare(...zeros)) },
];

function carry(): void {
  let sent = 0;
  for (let taken = 0; taken < PIECE_BYTES; ) {
    if (sent < PIECE_BYTES) sent += sendSome(here.fd, piece.subarray(sent), false);
    const count = receiveSome(there.fd, received);
    if (count > 0) taken += count;
  }
}

function write(): void {
  const path = join(stage.directory, 'copy.raw');
  const fd = openSync(path, 'w');
  eachPiece((at) => writeSync(fd, piece, 0, PIECE_BYTES, at));
  closeSync(fd);
  rmSync(path);
}

const costs = STEPS.map(() => [] as number[]);
// One run more than is counted: the first compiles.
for (let run = 0; run <= Number(values.runs); run++) {
  for (const [index, step] of STEPS.entries()) {
    const cost = costOf(step);
    if (run > 0) costs[index]?.push(cost);
  }
}
const rows = STEPS.map(({ name, all, data }, index) => {
  const cost = median(costs[index] ?? []);
  return { name, cost, random: cost * Math.max(0, all + data), mixed: cost * (all + data * DATA_SHARE) };
});
const total = (of: (row: (typeof rows)[number]) => number) => rows.reduce((sum, row) => sum + of(row), 0);
const head = ['CPU seconds', 'for a GiB', 'of a random GiB', 'of a mixed GiB'];
const sums = ['together', Number.NaN, total(({ random }) => random), total(({ mixed }) => mixed)];
process.stdout.write(
  `${table([head, ...rows.map(({ name, cost, random, mixed }) => [name, cost, random, mixed]), sums])}\n`,
);
here.release();
there.release();
closeSync(source);
await stage.close();
