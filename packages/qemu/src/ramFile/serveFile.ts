import { access, constants, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GodwitError, problemOf } from '@godwit/errors';
import { QEMU_BOUNDS } from '../bounds.js';
import { DetachedProcess } from '../process/detachedProcess.js';
import { until } from '../process/until.js';
import { easePages } from './easePages.js';
import { isMounted } from './mountTable.js';

const SERVER = fileURLToPath(new URL('./ramServer.js', import.meta.url));
export const SERVER_NAME = 'ram-server';

export interface ServerOptions {
  /** The memory's image, which `exportName` at `nbdSocket` is. */
  readonly imagePath: string;
  readonly nbdSocket: string;
  readonly exportName: string;
  readonly folder: string;
  /** An empty file, which the memory is mounted over. */
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * Makes a memory's image a file that QEMU can map and an agent learns the changes of (ramServer.ts).
 *
 * @throws GodwitError E_RAM_FILE that says what is missing
 */
export async function serveFile(options: ServerOptions): Promise<DetachedProcess> {
  const { imagePath, nbdSocket, exportName, folder, path, sizeBytes } = options;
  await requireFuseDevice(path);
  const socket = controlSocket(folder);
  await rm(socket, { force: true });
  const args = [SERVER, path, imagePath, nbdSocket, exportName, String(sizeBytes), socket];
  const server = await DetachedProcess.start({ binary: process.execPath, args, folder, name: SERVER_NAME, socket });
  await started(server, path);
  await easePages(path);
  return server;
}

/** Once it is mounted; a server that ends before, or takes too long, is ended and its words thrown. */
async function started(server: DetachedProcess, path: string): Promise<void> {
  const outcome = await until(QEMU_BOUNDS.startMs, async () => {
    if (await isMounted(path)) return 'there';
    return server.isRunning ? undefined : 'ended';
  });
  if (outcome === 'there') return;
  const words = await server.lastWords();
  await server.end();
  const silence = outcome === 'ended' ? 'its server ended and said nothing' : 'its server was not ready in time';
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

export function controlSocket(folder: string): string {
  return join(folder, `${SERVER_NAME}.sock`);
}
