import { connect } from 'node:net';
import { GodwitError, problemOf } from '@godwit/errors';
import { QEMU_BOUNDS } from '../bounds.js';
import type { QmpClient } from '../qmp/qmpClient.js';
import type { QemuVersion } from '../qmp/qmpMessage.js';
import { withPrivateFolder } from './deviceStateSocket.js';
import { migrationEnd, migrationProblem, setCapabilities } from './migrationStatus.js';

/** See QemuMonitor.loadState, its caller. */
export async function loadState(qmp: QmpClient, state: Buffer, lastWords: () => Promise<string>): Promise<void> {
  // Without it QEMU takes the disks as soon as the state is there, and locks files that the source may yet have to go on with.
  await setCapabilities(qmp, ['late-block-activate']);
  await withPrivateFolder(async (path) => {
    const ended = migrationEnd(qmp);
    await qmp.execute('migrate-incoming', { uri: `unix:${path}`, ...stayOnError(qmp.version) });
    try {
      await send(path, state);
      const end = await ended;
      if (end !== 'completed') throw refusal((await migrationProblem(qmp)) || `QEMU says ${end} and no reason`);
    } catch (error) {
      if (!(error instanceof GodwitError) || error.code !== 'E_QMP_LOST') throw error;
      throw refusal((await lastWords()) || 'QEMU ended and said nothing', error);
    }
  });
}

/** Since version 9.1 it need not end, and keeps the reason. */
function stayOnError({ major, minor }: QemuVersion): object {
  return major > 9 || (major === 9 && minor >= 1) ? { 'exit-on-error': false } : {};
}

function refusal(problem: string, cause?: unknown): GodwitError {
  return new GodwitError('E_DEVICE_STATE', { action: 'taken over', problem }, { cause });
}

/** Once all of it is on its way. QEMU closes before the end when it has seen what it does not take; it says so itself. */
function send(path: string, state: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.setTimeout(QEMU_BOUNDS.stateMs, () => socket.destroy());
    let isConnected = false;
    socket.once('connect', () => {
      isConnected = true;
      socket.end(state);
    });
    socket.once('error', (error) => (isConnected ? resolve() : reject(refusal(problemOf(error), error))));
    socket.once('close', () => resolve());
    // What QEMU says back on this socket is nothing, and its end is only seen when somebody reads.
    socket.resume();
  });
}
