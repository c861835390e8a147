import { GodwitError } from '@godwit/errors';
import { QEMU_BOUNDS } from '../bounds.js';
import { QmpClient } from '../qmp/qmpClient.js';
import { DetachedProcess } from './detachedProcess.js';
import { until } from './until.js';

/** Of its record. */
export const QEMU_NAME = 'qemu';

export interface StartOptions {
  readonly binary: string;
  readonly args: readonly string[];
  /** Of this guest alone: records, stderr. */
  readonly folder: string;
  /** As the arguments have it. */
  readonly qmpSocket: string;
  readonly timeoutMs?: number;
}

/** A QEMU and its monitor. */
export interface RunningQemu {
  readonly process: DetachedProcess;
  readonly qmp: QmpClient;
}

/**
 * A QEMU that goes on without the agent, once its monitor answers.
 *
 * @throws GodwitError E_QEMU_START with the last lines of its stderr when it ends before; E_QMP_TIMEOUT, and it is ended
 */
export async function startQemu(options: StartOptions): Promise<RunningQemu> {
  const { binary, args, folder, qmpSocket, timeoutMs = QEMU_BOUNDS.startMs } = options;
  if (Buffer.byteLength(qmpSocket) > QEMU_BOUNDS.socketPathBytes) {
    const problem = `a socket's path has at most ${QEMU_BOUNDS.socketPathBytes} bytes`;
    throw new GodwitError('E_SOCKET_PATH', { path: qmpSocket, problem });
  }
  const process = await DetachedProcess.start({ binary, args, folder, name: QEMU_NAME, socket: qmpSocket });
  const qmp = await until(timeoutMs, () => monitorOf(process, timeoutMs));
  if (qmp !== undefined) return { process, qmp };
  await process.end();
  throw new GodwitError('E_QMP_TIMEOUT', { command: 'greeting', timeoutMs });
}

/**
 * The QEMU that was started in the folder, by an agent before this one perhaps; undefined when that very process has ended.
 *
 * @throws GodwitError E_QMP_LOST, E_QMP_TIMEOUT when it runs and does not answer; E_STATE_CORRUPT
 */
export async function adoptQemu(folder: string): Promise<RunningQemu | undefined> {
  const process = await DetachedProcess.adopt(folder, QEMU_NAME);
  if (process === undefined) return undefined;
  return { process, qmp: await QmpClient.connect(process.record.socket) };
}

/**
 * Ended by `quit`, and by signals when it does not listen.
 *
 * @throws GodwitError E_QEMU_STUCK
 */
export async function endQemu({ process, qmp }: RunningQemu): Promise<void> {
  if (qmp.over === undefined) {
    // It may end before it answers, or not answer at all; then the signals follow.
    await qmp.execute('quit', {}, { timeoutMs: QEMU_BOUNDS.endMs }).catch(() => undefined);
    await process.ended(QEMU_BOUNDS.endMs);
  }
  qmp.close();
  await process.end();
}

/**
 * Ended at once, whatever it has to write.
 *
 * @throws GodwitError E_QEMU_STUCK
 */
export async function killQemu({ process, qmp }: RunningQemu): Promise<void> {
  qmp.close();
  await process.kill();
}

/** Undefined while it does not listen yet. */
async function monitorOf(process: DetachedProcess, timeoutMs: number): Promise<QmpClient | undefined> {
  if (!process.isRunning) {
    const { program } = process.record;
    const problem = (await process.lastWords()) || 'it wrote nothing to stderr';
    throw new GodwitError('E_QEMU_START', { program, problem });
  }
  try {
    return await QmpClient.connect(process.record.socket, { timeoutMs });
  } catch (error) {
    if (error instanceof GodwitError && error.code === 'E_QMP_LOST') return undefined;
    throw error;
  }
}
