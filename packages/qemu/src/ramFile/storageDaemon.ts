import { access, constants } from 'node:fs/promises';
import { GodwitError, problemOf } from '@godwit/errors';
import { QEMU_BOUNDS } from '../bounds.js';
import { option } from '../commandLine/option.js';
import { DetachedProcess } from '../process/detachedProcess.js';
import { until } from '../process/until.js';
import { isWithoutFuse } from './checkFuse.js';
import { isMounted } from './mountTable.js';

const DAEMON = 'qemu-storage-daemon';
export const DAEMON_NAME = 'ram-server';

export interface ServerOptions {
  readonly nbdSocket: string;
  readonly exportName: string;
  readonly folder: string;
  /** An empty file, which the export is mounted over. */
  readonly path: string;
  readonly binary?: string;
}

/**
 * Makes an NBD export a file, by QEMU's own FUSE export: it sends up to 1 MiB a write, where nbdfuse sends pages.
 *
 * @throws GodwitError E_RAM_FILE that says what is missing
 */
export async function serveFile({ nbdSocket, exportName, folder, path, binary = DAEMON }: ServerOptions) {
  await requireFuseDevice(path);
  const server = { 'server.type': 'unix', 'server.path': nbdSocket, export: exportName };
  const more = { 'reconnect-delay': QEMU_BOUNDS.reconnectDelaySeconds };
  const mount = { id: 'ram', 'node-name': 'ram', mountpoint: path, writable: true, growable: false };
  const args = [
    ...['--blockdev', option('driver=nbd', { 'node-name': 'ram', ...server, ...more })],
    ...['--export', option('type=fuse', mount)],
  ];
  const daemon = await DetachedProcess.start({ binary, args, folder, name: DAEMON_NAME, socket: nbdSocket });
  const outcome = await until(QEMU_BOUNDS.startMs, async () => {
    if (await isMounted(path)) return 'mounted';
    return daemon.isRunning ? undefined : 'ended';
  });
  if (outcome === 'mounted') return daemon;
  const words = await daemon.lastWords();
  await daemon.end();
  throw new GodwitError('E_RAM_FILE', { path, problem: explained(words, outcome === undefined) });
}

async function requireFuseDevice(path: string): Promise<void> {
  try {
    await access('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch (error) {
    const problem = `/dev/fuse cannot be opened (${problemOf(error)}); FUSE is needed`;
    throw new GodwitError('E_RAM_FILE', { path, problem }, { cause: error });
  }
}

function explained(words: string, isLate: boolean): string {
  if (isWithoutFuse(words)) {
    return `this ${DAEMON} was built without FUSE (${words})`;
  }
  if (words !== '') return words;
  return isLate ? `${DAEMON} did not mount within ${QEMU_BOUNDS.startMs} ms` : `${DAEMON} ended and said nothing`;
}
