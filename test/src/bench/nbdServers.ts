/** The servers that are measured, each over a file of its own on the same file system. */
import { fileURLToPath } from 'node:url';
import { ForeignDaemon } from '../harness/foreignDaemon.js';
import { DISK } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';

/** One export, ready for clients. */
export interface NbdUnderTest {
  readonly name: string;
  readonly uri: string;
  /** The process whose processor time is the server's. */
  readonly pid: number;
}

/** How qemu-nbd does its input and output; what else it is given is in the issue. */
export type QemuAio = 'threads' | 'io_uring';

/** The source agent as an operator starts it. */
export async function godwitServer(stage: Stage, file: string): Promise<NbdUnderTest> {
  const socket = stage.path('godwit.sock');
  const agent = await stage.source({ images: { [DISK]: file }, args: ['--nbd-unix', socket] });
  return { name: 'godwit', uri: unixUri(socket, DISK), pid: agent.pid };
}

export async function qemuServer(stage: Stage, file: string, aio: QemuAio): Promise<NbdUnderTest> {
  const path = stage.path(`qemu-${aio}.sock`);
  const args = ['-f', 'raw', '-t', '-e', '8', '-k', path, '--cache=writeback', `--aio=${aio}`, file];
  const daemon = new ForeignDaemon(stage, 'qemu-nbd', args);
  await daemon.answering({ path });
  return { name: `qemu-nbd ${aio}`, uri: unixUri(path, ''), pid: daemon.pid };
}

/** Our server over the image, or over the file beneath without map and gate: see nbdTrackingServer. */
export async function trackingServer(stage: Stage, file: string, tracked: boolean): Promise<NbdUnderTest> {
  const name = tracked ? 'tracked' : 'untracked';
  const path = stage.path(`${name}.sock`);
  const program = fileURLToPath(new URL('./nbdTrackingServer.js', import.meta.url));
  const daemon = new ForeignDaemon(stage, process.execPath, [program, path, file, name]);
  await daemon.answering({ path });
  return { name, uri: unixUri(path, DISK), pid: daemon.pid };
}

/** As libnbd reads it. */
export function unixUri(socketPath: string, exportName: string): string {
  return `nbd+unix:///${exportName}?socket=${socketPath}`;
}
