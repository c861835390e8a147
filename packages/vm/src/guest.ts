import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@godwit/agent';
import {
  adoptQemu,
  adoptRam,
  discardLeft,
  endQemu,
  killQemu,
  mountRam,
  QemuMonitor,
  type QemuVersion,
  qemuArguments,
  type RamFile,
  type Range,
  type RunningQemu,
  showCommandLine,
  startQemu,
  type VmManifest,
} from '@godwit/qemu';
import { imageNamesOf } from './names.js';

/** How often processes are looked for that nobody has told to end. */
const LOOK_MS = 1000;

export interface GuestPlace {
  /** STATE/vms/NAME */
  readonly folder: string;
  /** NBD socket that serves its images to it. */
  readonly socket: string;
  /** The file of its memory's image. */
  readonly ramPath: string;
  readonly manifest: VmManifest;
}

/** A QEMU of ours and the file that its memory is mapped from: processes that outlive the agent. */
export class Guest {
  readonly #qemu: RunningQemu;
  readonly #ram: RamFile;
  readonly #monitor: QemuMonitor;

  private constructor(qemu: RunningQemu, ram: RamFile) {
    this.#qemu = qemu;
    this.#ram = ram;
    this.#monitor = new QemuMonitor(qemu.qmp, { lastWords: () => qemu.process.lastWords() });
  }

  /**
   * Starts both. `incoming`: it waits for its state, and has read nothing.
   *
   * @throws GodwitError E_QEMU_START and what mountRam throws; then nothing is left of either
   */
  static async start(
    { folder, socket, ramPath, manifest }: GuestPlace,
    { incoming }: { incoming: boolean },
  ): Promise<Guest> {
    const names = imageNamesOf(manifest);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const ram = await mountRam({
      imagePath: ramPath,
      nbdSocket: socket,
      exportName: names.ram,
      folder,
      sizeBytes: manifest.memory.bytes,
    });
    try {
      const disks = Object.fromEntries([...names.disks].map(([disk, image]) => [disk, { socket, export: image }]));
      const qmpSocket = join(folder, 'qmp.sock');
      const args = qemuArguments(manifest, { ramFile: ram.path, qmpSocket, disks, incoming });
      return new Guest(await startQemu({ binary: manifest.qemu.binary, args, qmpSocket, folder }), ram);
    } catch (error) {
      await ram.discard();
      throw error;
    }
  }

  /** What an earlier life of the agent started; undefined when either has ended, and then nothing is left of the other. */
  static async adopt({ folder, manifest }: Omit<GuestPlace, 'socket' | 'ramPath'>): Promise<Guest | undefined> {
    const ram = await adoptRam({ folder, sizeBytes: manifest.memory.bytes });
    const qemu = ram === undefined ? undefined : await adoptQemu(folder);
    if (qemu !== undefined && ram !== undefined) return new Guest(qemu, ram);
    await discardLeft(folder);
    return undefined;
  }

  /** Its QEMU has not ended. */
  get isThere(): boolean {
    return this.#qemu.process.isRunning;
  }

  /** And its monitor is connected. */
  get isReachable(): boolean {
    return this.isThere && this.#qemu.qmp.over === undefined;
  }

  /** What serves its memory runs (RamFile.isServed). */
  get hasMemory(): boolean {
    return this.#ram.isServed;
  }

  get pid(): number {
    return this.#qemu.process.record.pid;
  }

  /** Of its QEMU. */
  get version(): QemuVersion {
    return this.#qemu.qmp.version;
  }

  /** As it would be typed. Not asked of the kernel: whoever asks it waits for memory that QEMU waits for, and that may be the agent's to bring. */
  get commandLine(): string {
    const { program, args } = this.#qemu.process.record;
    return showCommandLine([program, ...args]);
  }

  /** Resolves when QEMU has ended, for whatever reason. */
  async ended(): Promise<void> {
    while (this.isThere) await wait(LOOK_MS, undefined, { ref: false });
  }

  /** Resolves when what serves its memory has ended, for whatever reason. */
  async memoryEnded(): Promise<void> {
    while (this.hasMemory) await wait(LOOK_MS, undefined, { ref: false });
  }

  /** Pages that it wrote are written to the image when this resolves. */
  collect(how: { inSteps: boolean }): Promise<void> {
    return this.#ram.collect(how);
  }
  /** What the image of its memory holds of these ranges is what it will see, and does not wait for. */
  store(ranges: readonly Range[]): Promise<void> {
    return this.#ram.store(ranges);
  }
  stop(): Promise<void> {
    return this.#monitor.stop();
  }
  cont(): Promise<void> {
    return this.#monitor.cont();
  }
  captureState(): Promise<Buffer> {
    return this.#monitor.captureState();
  }
  loadState(state: Buffer): Promise<void> {
    return this.#monitor.loadState(state);
  }
  runState(): Promise<string> {
    return this.#monitor.runState();
  }
  /** Asks the guest to power off (ACPI). */
  async powerDown(): Promise<void> {
    await this.#qemu.qmp.execute('system_powerdown');
  }

  /** Ends QEMU in good order: what it wrote is on its disks when this resolves. Its memory is of no use any more. */
  async end(): Promise<void> {
    await endQemu(this.#qemu);
    await this.#ram.discard();
  }

  /**
   * Ends it without regard to what it has not written back: its images are elsewhere, or were never its own. The file's
   * server first, for a QEMU that exits flushes, and a flush that waits at a gate would never end.
   */
  async discard(logger: Logger): Promise<void> {
    const results = await Promise.allSettled([this.#ram.discard(), killQemu(this.#qemu)]);
    for (const result of results) {
      if (result.status === 'rejected') logger.warn({ reason: String(result.reason) }, 'a guest did not end well');
    }
  }
}
