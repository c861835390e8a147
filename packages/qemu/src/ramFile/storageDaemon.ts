import { access, constants, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GodwitError, problemOf } from '@godwit/errors';
import { QEMU_BOUNDS } from '../bounds.js';
import { option } from '../commandLine/option.js';
import { DetachedProcess } from '../process/detachedProcess.js';
import { until } from '../process/until.js';
import { isMounted } from './mountTable.js';

const DAEMON = 'qemu-storage-daemon';
const MOUNTER = 'nbdfuse';
export const RELAY_NAME = 'ram-relay';
export const MOUNTER_NAME = 'ram-fuse';
/** Writes of a collection overlap: more than one at a time per connection as well. */
const CONNECTIONS = '4';

export interface ServerOptions {
  readonly nbdSocket: string;
  readonly exportName: string;
  readonly folder: string;
  /** An empty file, which the export is mounted over. */
  readonly path: string;
  /** qemu-storage-daemon unless given. */
  readonly binary?: string;
}

/** The programs behind a memory's file. */
export interface Servers {
  readonly relay: DetachedProcess;
  readonly mounter: DetachedProcess;
}

/**
 * Makes an NBD export a file, by two programs: nbdfuse, which does not connect again when its server is away, and between it and
 * the agent a qemu-storage-daemon, which does.
 *
 * Not by qemu-storage-daemon's own FUSE export: up to QEMU 9.2 a write that waits for its server lets the next request be read into the
 * buffer that holds it ("fuse: Copy write buffer content before polling" mends it), and memory arrives at wrong places. Seen with
 * 7.2: runs of pages 1 MiB away from where they belong.
 *
 * @throws GodwitError E_RAM_FILE that says what is missing
 */
export async function serveFile(options: ServerOptions): Promise<Servers> {
  await requireFuseDevice(options.path);
  const relay = await startRelay(options);
  try {
    return { relay, mounter: await startMounter(options) };
  } catch (error) {
    await relay.end();
    throw error;
  }
}

async function startRelay({ nbdSocket, exportName, folder, path, binary = DAEMON }: ServerOptions) {
  const server = { 'server.type': 'unix', 'server.path': nbdSocket, export: exportName };
  const more = { 'reconnect-delay': QEMU_BOUNDS.reconnectDelaySeconds };
  const socket = relaySocket(folder);
  await rm(socket, { force: true });
  const args = [
    ...['--blockdev', option('driver=nbd', { 'node-name': 'ram', ...server, ...more })],
    ...['--nbd-server', option('addr.type=unix', { 'addr.path': socket })],
    ...['--export', option('type=nbd', { id: 'ram', 'node-name': 'ram', name: 'ram', writable: true })],
  ];
  const relay = await DetachedProcess.start({ binary, args, folder, name: RELAY_NAME, socket });
  await started(relay, path, () => exists(socket));
  return relay;
}

async function startMounter({ folder, path }: ServerOptions): Promise<DetachedProcess> {
  const socket = relaySocket(folder);
  const uri = `nbd+unix:///ram?socket=${encodeURIComponent(socket).replaceAll('%2F', '/')}`;
  const args = ['-C', CONNECTIONS, path, uri];
  const mounter = await DetachedProcess.start({ binary: MOUNTER, args, folder, name: MOUNTER_NAME, socket });
  await started(mounter, path, () => isMounted(path));
  return mounter;
}

/** Once `isThere`; a program that ends before, or takes too long, is ended and its words thrown. */
async function started(program: DetachedProcess, path: string, isThere: () => Promise<boolean>): Promise<void> {
  const outcome = await until(QEMU_BOUNDS.startMs, async () => {
    if (await isThere()) return 'there';
    return program.isRunning ? undefined : 'ended';
  });
  if (outcome === 'there') return;
  const words = await program.lastWords();
  await program.end();
  const { program: name } = program.record;
  const silence = outcome === 'ended' ? `${name} ended and said nothing` : `${name} was not ready in time`;
  throw new GodwitError('E_RAM_FILE', { path, problem: words === '' ? silence : words });
}

async function requireFuseDevice(path: string): Promise<void> {
  try {
    await access('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch (error) {
    const problem = `/dev/fuse cannot be opened (${problemOf(error)}); FUSE is needed`;
    throw new GodwitError('E_RAM_FILE', { path, problem }, { cause: error });
  }
}

function relaySocket(folder: string): string {
  return join(folder, `${RELAY_NAME}.sock`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
