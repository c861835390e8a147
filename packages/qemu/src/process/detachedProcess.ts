import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { GodwitError, problemOf } from '@godwit/errors';
import { QEMU_BOUNDS } from '../bounds.js';
import { identityOf, isRunning } from './identity.js';
import { type ProcessRecord, readRecord, removeRecord, writeRecord } from './record.js';
import { until } from './until.js';

export interface DetachedOptions {
  readonly binary: string;
  readonly args: readonly string[];
  /** Its working directory, where its record and what it writes to stderr are. */
  readonly folder: string;
  /** Of the record and of the file for stderr. */
  readonly name: string;
  /** Where it will answer; kept in the record. */
  readonly socket: string;
}

/** A program in a session of its own, which goes on when the agent that started it ends. */
export class DetachedProcess {
  readonly record: ProcessRecord;
  readonly #folder: string;
  readonly #name: string;

  private constructor(folder: string, name: string, record: ProcessRecord) {
    this.#folder = folder;
    this.#name = name;
    this.record = record;
  }

  /**
   * Started and recorded; it may end at once.
   *
   * @throws GodwitError E_QEMU_START when it cannot be started, or one of that name runs in the folder
   */
  static async start({ binary, args, folder, name, socket }: DetachedOptions): Promise<DetachedProcess> {
    const before = await DetachedProcess.adopt(folder, name);
    if (before !== undefined) {
      const problem = `it runs already in ${folder}, as process ${before.record.pid}`;
      throw new GodwitError('E_QEMU_START', { program: binary, problem });
    }
    const words = await open(wordsPath(folder, name), 'w', 0o600);
    let child: ChildProcess | undefined;
    try {
      child = spawn(binary, args, { cwd: folder, detached: true, stdio: ['ignore', words.fd, words.fd] });
      await once(child, 'spawn');
      child.unref();
      const identity = child.pid === undefined ? undefined : identityOf(child.pid);
      // One that has ended already is told apart by its record as well as one that ends later.
      const record = {
        pid: child.pid ?? 0,
        startTicks: '',
        bootId: '',
        ...identity,
        program: binary,
        args: [...args],
        socket,
      };
      await writeRecord(folder, name, record);
      return new DetachedProcess(folder, name, record);
    } catch (error) {
      // What could not be recorded would be found by nobody.
      child?.kill('SIGKILL');
      throw new GodwitError('E_QEMU_START', { program: binary, problem: problemOf(error) }, { cause: error });
    } finally {
      await words.close();
    }
  }

  /** The process of that name in the folder if that very one runs. */
  static async adopt(folder: string, name: string): Promise<DetachedProcess | undefined> {
    const record = await readRecord(folder, name);
    return record === undefined || !isRunning(record) ? undefined : new DetachedProcess(folder, name, record);
  }

  get isRunning(): boolean {
    return isRunning(this.record);
  }

  /** The end of what it wrote to stderr, in one line; empty when it wrote nothing. */
  async lastWords(): Promise<string> {
    const file = await open(wordsPath(this.#folder, this.#name), 'r');
    try {
      const { size } = await file.stat();
      const length = Math.min(size, QEMU_BOUNDS.lastWordsBytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
      return lines
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .slice(-QEMU_BOUNDS.lastWordsLines)
        .join('; ');
    } finally {
      await file.close();
    }
  }

  /** Whether it has ended within that time. */
  async ended(timeoutMs: number): Promise<boolean> {
    return (await until(timeoutMs, () => (this.isRunning ? undefined : true))) === true;
  }

  /**
   * Ended by SIGTERM, or by SIGKILL when that is not enough, and its record removed.
   *
   * @throws GodwitError E_QEMU_STUCK
   */
  async end(): Promise<void> {
    for (const [signal, timeoutMs] of [
      ['SIGTERM', QEMU_BOUNDS.endMs],
      ['SIGKILL', QEMU_BOUNDS.killMs],
    ] as const) {
      this.#signal(signal);
      if (await this.ended(timeoutMs)) {
        await removeRecord(this.#folder, this.#name);
        return;
      }
    }
    throw new GodwitError('E_QEMU_STUCK', { pid: this.record.pid, program: this.record.program });
  }

  /**
   * Ended by SIGKILL, and its record removed: what it has not written is of no use.
   *
   * @throws GodwitError E_QEMU_STUCK
   */
  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    if (!(await this.ended(QEMU_BOUNDS.killMs))) {
      throw new GodwitError('E_QEMU_STUCK', { pid: this.record.pid, program: this.record.program });
    }
    await removeRecord(this.#folder, this.#name);
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.isRunning) return;
    try {
      process.kill(this.record.pid, signal);
    } catch {
      // It has ended since.
    }
  }
}

function wordsPath(folder: string, name: string): string {
  return join(folder, `${name}.stderr`);
}
