import { spawn } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { until } from '../harness/condition.js';
import { freePort } from '../harness/ports.js';
import { cpuSecondsOf, cpuSecondsOfChildren } from './processCost.js';

/** What one copy cost. */
export interface CopyCost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Copies `source` with nbdcopy over loopback TCP into `nbdkit -f file`, as a person would without us. */
export async function copyWithPeer(source: string, target: string, sizeBytes: number): Promise<CopyCost> {
  writeFileSync(target, '');
  truncateSync(target, sizeBytes);
  const port = await freePort();
  const server = spawn('nbdkit', ['-f', '-i', '127.0.0.1', '-p', String(port), 'file', target], { stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('close', resolve));
  try {
    await until('nbdkit to listen', () => answers(port));
    const childrenBefore = cpuSecondsOfChildren();
    const serverBefore = cpuSecondsOf(server.pid ?? 0);
    const startMs = performance.now();
    await run('nbdcopy', [source, `nbd://127.0.0.1:${port}`]);
    const seconds = (performance.now() - startMs) / 1000;
    const serverCpu = cpuSecondsOf(server.pid ?? 0) - serverBefore;
    return { seconds, cpuSeconds: serverCpu + cpuSecondsOfChildren() - childrenBefore };
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

/** Writes to a file at a rate, past every agent, until `stop`: the load beside the peer's busy copy. */
export function writeBeside(path: string, rateBytesPerSec: number): { stop(): Promise<void> } {
  const writer = spawn(
    'fio',
    [
      ...['--name=beside', `--filename=${path}`, '--rw=randwrite', '--bs=128k', '--ioengine=psync'],
      // Without it fio forks, and its child outlives it.
      '--thread',
      ...[
        `--rate=${Math.round(rateBytesPerSec)}`,
        '--time_based',
        '--runtime=3600',
        '--overwrite=1',
        '--allow_file_create=0',
      ],
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => writer.once('close', () => resolve()));
  return {
    stop: async () => {
      writer.kill('SIGKILL');
      await ended;
    },
  };
}

function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}`))));
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
