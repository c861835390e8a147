import { GodwitError } from '@godwit/errors';
import type { QmpClient } from '../qmp/qmpClient.js';
import { StateReceiver, withPrivateFolder } from './deviceStateSocket.js';
import { migrationEnd, migrationProblem, setCapabilities } from './migrationStatus.js';

/** See QemuMonitor.captureState, its caller. */
export async function captureState(qmp: QmpClient, limitBytes: number): Promise<Buffer> {
  await setCapabilities(qmp);
  return withPrivateFolder(async (path) => {
    const receiver = await StateReceiver.listen(path, limitBytes);
    try {
      return await receive(qmp, path, receiver, limitBytes);
    } finally {
      receiver.close();
    }
  });
}

async function receive(qmp: QmpClient, path: string, receiver: StateReceiver, limitBytes: number): Promise<Buffer> {
  const ended = migrationEnd(qmp);
  await qmp.execute('migrate', { uri: `unix:${path}` });
  const end = await endOrCancel(qmp, ended);
  if (end !== 'completed') {
    if (receiver.isTooLong)
      throw new GodwitError('E_TOO_LARGE', { what: 'device state', value: 'more', limit: limitBytes });
    const problem = (await migrationProblem(qmp)) || `QEMU says ${end} and no reason`;
    throw new GodwitError('E_DEVICE_STATE', { action: 'captured', problem });
  }
  // All of it is in the socket, whose other end QEMU has closed.
  return receiver.received;
}

/** A guest cannot go on while QEMU still sends, so what does not end in time is made to. */
async function endOrCancel(qmp: QmpClient, ended: Promise<string>): Promise<string> {
  try {
    return await ended;
  } catch (error) {
    if (!(error instanceof GodwitError) || error.code !== 'E_QMP_TIMEOUT') throw error;
    const cancelled = migrationEnd(qmp);
    await qmp.execute('migrate_cancel');
    await cancelled;
    throw error;
  }
}
