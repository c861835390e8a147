import { rmSync } from 'node:fs';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GodwitError } from '@godwit/errors';
import { DaemonProcess, freePorts } from './daemonProcess.js';

/** Two daemons that are ready, and where everything is. */
export interface Scene {
  readonly sourceUrl: string;
  readonly destinationUrl: string;
  /** HOST:PORT for `--to`. */
  readonly destinationAddress: string;
}

/** Room for both images, the file system being made, and the writers' part of the holes. */
const ROOM_FACTOR = 2.2;
export const IMAGE_NAME = 'disk';

/** The folder and the processes of a demonstration: whatever happens, `close` leaves nothing behind. */
export class Stage {
  readonly folder: string;
  readonly #daemons: DaemonProcess[] = [];
  readonly #keep: boolean;
  readonly #lastResort = (): void => {
    for (const daemon of this.#daemons) daemon.killNow();
    if (!this.#keep) rmSync(this.folder, { recursive: true, force: true });
  };

  private constructor(folder: string, keep: boolean) {
    this.folder = folder;
    this.#keep = keep;
    process.on('exit', this.#lastResort);
  }

  /** Makes the folder. Throws E_USAGE when there is not enough room for it. */
  static async make(imageBytes: number, keep: boolean): Promise<Stage> {
    const room = await statfs(tmpdir());
    if (room.bavail * room.bsize < imageBytes * ROOM_FACTOR) {
      const needed = Math.ceil((imageBytes * ROOM_FACTOR) / 1024 ** 2);
      const problem = `${tmpdir()} needs ${needed} MiB free; take a smaller --size or set TMPDIR to another folder`;
      throw new GodwitError('E_USAGE', { problem });
    }
    return new Stage(await mkdtemp(join(tmpdir(), 'godwit-demo-')), keep);
  }

  get sourceImage(): string {
    return join(this.folder, `${IMAGE_NAME}.img`);
  }

  get destinationImage(): string {
    return join(this.folder, 'destination', `${IMAGE_NAME}.img`);
  }

  /** Starts both daemons and waits until they are ready. */
  async start(stop: AbortSignal): Promise<Scene> {
    const [sourcePort = 0, listenPort = 0, apiPort = 0] = await freePorts(3);
    const address = (port: number) => `127.0.0.1:${port}`;
    const sourceUrl = `http://${address(sourcePort)}`;
    const destinationUrl = `http://${address(apiPort)}`;
    const source = this.#start('source', [
      ...['--image', `${IMAGE_NAME}=${this.sourceImage}`],
      ...['--listen', address(sourcePort), '--state-dir', join(this.folder, 'source-state')],
    ]);
    const destination = this.#start('dest', [
      ...['--dir', join(this.folder, 'destination'), '--state-dir', join(this.folder, 'destination-state')],
      ...['--listen', address(listenPort), '--api', address(apiPort)],
    ]);
    await Promise.all([source.ready(sourceUrl, stop), destination.ready(destinationUrl, stop)]);
    return { sourceUrl, destinationUrl, destinationAddress: address(listenPort) };
  }

  /** Ends the daemons and removes the folder, unless it is to be kept. */
  async close(): Promise<void> {
    await Promise.all(this.#daemons.map(async (daemon) => daemon.close()));
    process.off('exit', this.#lastResort);
    if (!this.#keep) await rm(this.folder, { recursive: true, force: true });
  }

  #start(name: string, words: readonly string[]): DaemonProcess {
    const daemon = new DaemonProcess(name, words, join(this.folder, `${name}.log`));
    this.#daemons.push(daemon);
    return daemon;
  }
}
