/** How a copier that we did not write is run and what it costs, the same way for all of them. */
import { spawn } from 'node:child_process';
import { closeSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { until } from '../../harness/condition.js';
import { ForeignDaemon } from '../../harness/foreignDaemon.js';
import { freePort } from '../../harness/ports.js';
import { Stage } from '../../harness/stage.js';
import { dropCached } from '../diskCache.js';
import { assertEqualCopies } from '../equality.js';
import type { Run } from '../measured.js';
import { childrenOf, cpuSecondsOfChildren, cpuSecondsWithChildren, peakMebibytesOf } from '../processCost.js';
import { type CopyPlan, PATIENCE_MS } from './copyPlan.js';

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** What a peer needs at both ends. */
export interface Peer {
  /** Prepares the target, and says what serves it on a port of the loopback. */
  server(target: string, port: number, stage: Stage): Command;
  /** What copies to that port. */
  client(source: string, target: string, port: number): Command;
}

const SAMPLE_EVERY_MS = 20;
const sync = promisify(fsync);

/** One copy; the time is that of the client, and of an fsync of the copy after it. */
export async function runPeer(peer: Peer, plan: CopyPlan): Promise<Run> {
  const stage = new Stage(plan.place.folder);
  try {
    const target = stage.path('copy.raw');
    const serverPort = await freePort();
    const [program, ...args] = peer.server(target, serverPort, stage);
    const server = new ForeignDaemon(stage, program, args);
    await server.answering({ port: serverPort });
    const wire = plan.wire === undefined ? undefined : await stage.delayProxy({ ...plan.wire, targetPort: serverPort });
    const port = wire?.port ?? serverPort;
    dropCached(plan.place, plan.source);
    const before = [cpuSecondsOfChildren(), cpuSecondsWithChildren(server.pid)] as const;
    const startMs = performance.now();
    const peaks = await watched(peer.client(plan.source, target, port), server.pid);
    await synced(target);
    const seconds = (performance.now() - startMs) / 1000;
    // A server that forks for each client has counted its child once it has collected it.
    await until('the server to have ended what it forked', () => childrenOf(server.pid).length === 0);
    const cpuSeconds = {
      source: cpuSecondsOfChildren() - before[0],
      destination: cpuSecondsWithChildren(server.pid) - before[1],
    };
    const peakMebibytes = { source: peaks.client, destination: Math.max(peaks.server, peakMebibytesOf(server.pid)) };
    assertEqualCopies(plan.source, target);
    const run = { seconds, movedBytes: plan.dataBytes, cpuSeconds, peakMebibytes };
    return wire === undefined ? run : { ...run, wireBytes: wire.passedBytes.toDestination };
  } finally {
    await stage.close();
  }
}

/** Runs it to its end, and samples the memory of both ends meanwhile. */
function watched([program, ...args]: Command, serverPid: number): Promise<{ client: number; server: number }> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const peaks = { client: 0, server: 0 };
  let said = '';
  child.stderr.on('data', (part: Buffer) => {
    if (said.length < 4096) said += part.toString('utf8');
  });
  const sampling = setInterval(() => {
    peaks.client = Math.max(peaks.client, peakOrNothing(child.pid ?? 0));
    for (const pid of runningChildrenOf(serverPid)) peaks.server = Math.max(peaks.server, peakOrNothing(pid));
  }, SAMPLE_EVERY_MS);
  const impatience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  return new Promise<typeof peaks>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(peaks);
      else if (signal === 'SIGKILL') reject(new Error(`${program} took longer than ${PATIENCE_MS / 1000} s`));
      else reject(new Error(`${program} ended with ${code}: ${said}`));
    });
  }).finally(() => {
    clearInterval(sampling);
    clearTimeout(impatience);
  });
}

/** A process may end between two looks. */
function peakOrNothing(pid: number): number {
  try {
    const peak = peakMebibytesOf(pid);
    return Number.isFinite(peak) ? peak : 0;
  } catch {
    return 0;
  }
}

function runningChildrenOf(pid: number): number[] {
  try {
    return childrenOf(pid);
  } catch {
    return [];
  }
}

async function synced(path: string): Promise<void> {
  const fd = openSync(path, 'r');
  try {
    await sync(fd);
  } finally {
    closeSync(fd);
  }
}
