import { GodwitError } from '@godwit/errors';
import { Type } from '@godwit/schema';
import { QEMU_BOUNDS } from '../bounds.js';
import { until } from '../process/until.js';
import type { QmpClient } from '../qmp/qmpClient.js';
import { captureState } from './captureState.js';
import { loadState } from './loadState.js';

const StatusSchema = Type.Object({ status: Type.String(), running: Type.Boolean() });

/** In these `cont` does something, and the guest goes on. */
const CAN_GO_ON = ['paused', 'postmigrate', 'prelaunch', 'io-error', 'suspended', 'running'];
/** In these it stands still with all its state there; after a capture (postmigrate) QEMU wants `cont` first. */
const CAN_BE_CAPTURED = ['paused', 'prelaunch', 'io-error'];

export interface MonitorOptions {
  /** What QEMU wrote to its stderr: up to version 9.0 one that does not take device state ends, and the reason stands there. */
  readonly lastWords?: () => Promise<string>;
}

/** What a migration asks of a guest, each in bounded time. */
export class QemuMonitor {
  readonly qmp: QmpClient;
  readonly #lastWords: () => Promise<string>;

  constructor(qmp: QmpClient, { lastWords = async () => '' }: MonitorOptions = {}) {
    this.qmp = qmp;
    this.#lastWords = lastWords;
  }

  /** QEMU's name for what the guest does: running, paused, inmigrate, postmigrate, ... */
  async runState(): Promise<string> {
    return (await this.qmp.query('query-status', StatusSchema)).status;
  }

  /** Once it answers the guest stands still and its disk requests have ended. One that does so already is left so. */
  async stop(): Promise<void> {
    await this.qmp.execute('stop', {}, { timeoutMs: QEMU_BOUNDS.stopMs });
    await this.#settled('stop', (state) => state !== 'running');
  }

  /**
   * The guest runs. After a capture its disks are this QEMU's again.
   *
   * @throws GodwitError E_VM_STATE when it is one that cannot, such as one whose device state has not come
   */
  async cont(): Promise<void> {
    await this.#require('resume', CAN_GO_ON);
    await this.qmp.execute('cont', {}, { timeoutMs: QEMU_BOUNDS.stopMs });
    await this.#settled('cont', (state) => state === 'running');
  }

  /**
   * The device state of a guest that stands still, without its memory. Its disks are nobody's afterwards, until `cont` or the other
   * host takes them; the guest may go on, and be captured again then. After a failure it may go on too.
   *
   * @throws GodwitError E_VM_STATE; E_DEVICE_STATE with QEMU's reason; E_TOO_LARGE; E_QMP_TIMEOUT
   */
  async captureState({ limitBytes = QEMU_BOUNDS.stateBytes }: { readonly limitBytes?: number } = {}): Promise<Buffer> {
    await this.#require('capture its device state', CAN_BE_CAPTURED);
    return captureState(this.qmp, limitBytes);
  }

  /**
   * Puts device state into a QEMU that was started to wait for it. The guest stands still afterwards, and its disks are opened for
   * writing by `cont`.
   *
   * @throws GodwitError E_VM_STATE; E_DEVICE_STATE with QEMU's reason, and that QEMU has ended; E_QMP_TIMEOUT
   */
  async loadState(state: Buffer): Promise<void> {
    await this.#require('take over device state', ['inmigrate']);
    await loadState(this.qmp, state, this.#lastWords);
    await this.#settled('migrate-incoming', (now) => now !== 'inmigrate');
  }

  /** Once the connection is gone; the process may take longer. */
  async quit(): Promise<void> {
    const timeoutMs = QEMU_BOUNDS.endMs;
    try {
      await this.qmp.execute('quit', {}, { timeoutMs });
    } catch (error) {
      // It may be gone before its answer is here.
      if (!(error instanceof GodwitError) || error.code !== 'E_QMP_LOST') throw error;
    }
    const over = await until(timeoutMs, () => this.qmp.over);
    if (over === undefined) throw new GodwitError('E_QMP_TIMEOUT', { command: 'quit', timeoutMs });
  }

  async #require(action: string, states: readonly string[]): Promise<void> {
    const state = await this.runState();
    if (states.includes(state)) return;
    throw new GodwitError('E_VM_STATE', { state, action, needed: states.join(' or ') });
  }

  async #settled(command: string, holds: (state: string) => boolean): Promise<void> {
    const timeoutMs = QEMU_BOUNDS.answerMs;
    const settled = await until(timeoutMs, async () => (holds(await this.runState()) ? true : undefined));
    if (settled === undefined) throw new GodwitError('E_QMP_TIMEOUT', { command, timeoutMs });
  }
}
