import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GodwitError } from '@godwit/errors';
import { AgentClient } from '../../client/agentClient.js';
import { VmClient } from '../../client/vmClient.js';
import { DaemonProcess, freePorts } from '../daemonProcess.js';
import { endLeftovers } from './leftovers.js';

/** One of the two agents. */
export interface DemoHost {
  readonly name: string;
  /** Where its images arrive. */
  readonly dir: string;
  /** HOST:PORT for `--to`. */
  readonly address: string;
  readonly agent: AgentClient;
  readonly vms: VmClient;
  /** Ports of 127.0.0.1 that lead to the guest when it is there. */
  readonly echoPort: number;
  readonly commandPort: number;
}

/** Both hosts hold the guest's memory and its disk, sparse; the kernel's package is unpacked elsewhere. */
const ROOM_BYTES = 1024 ** 3;

/** The folder and the processes of a demonstration: whatever happens, `close` leaves nothing behind. */
export class VmStage {
  readonly folder: string;
  readonly #daemons: DaemonProcess[] = [];
  readonly #lastResort = (): void => {
    for (const daemon of this.#daemons) daemon.killNow();
    endLeftovers(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  };

  private constructor(folder: string) {
    this.folder = folder;
    process.on('exit', this.#lastResort);
  }

  /** @throws GodwitError E_USAGE when there is not enough room */
  static async make(): Promise<VmStage> {
    const room = await statfs(tmpdir());
    if (room.bavail * room.bsize < ROOM_BYTES) {
      const problem = `${tmpdir()} needs ${ROOM_BYTES / 1024 ** 2} MiB free; set TMPDIR to another folder`;
      throw new GodwitError('E_USAGE', { problem });
    }
    // Short: sockets below it have to fit into 107 bytes (unix(7)).
    return new VmStage(await mkdtemp(join(tmpdir(), 'godwit-vm-')));
  }

  /** Starts two agents with both roles, and waits until they are ready. */
  async start(stop: AbortSignal): Promise<{ first: DemoHost; second: DemoHost }> {
    const [first, second] = await Promise.all([this.#host('one', stop), this.#host('two', stop)]);
    return { first, second };
  }

  /** Ends the agents, and after them what they have left running. */
  async close(): Promise<void> {
    await Promise.all(this.#daemons.map(async (daemon) => daemon.close()));
    endLeftovers(this.folder);
    process.off('exit', this.#lastResort);
    await rm(this.folder, { recursive: true, force: true });
  }

  async #host(name: string, stop: AbortSignal): Promise<DemoHost> {
    const [listenPort = 0, apiPort = 0, echoPort = 0, commandPort = 0] = await freePorts(4);
    const dir = join(this.folder, name);
    await mkdir(dir);
    const address = `127.0.0.1:${listenPort}`;
    const api = `127.0.0.1:${apiPort}`;
    const words = ['--dir', dir, '--state-dir', join(this.folder, `${name}-state`), '--listen', address, '--api', api];
    const daemon = new DaemonProcess('host', words, join(this.folder, `${name}.log`));
    this.#daemons.push(daemon);
    const agent = new AgentClient({ url: `http://${api}` });
    await daemon.ready(agent.url, stop);
    return { name, dir, address, agent, vms: new VmClient(agent), echoPort, commandPort };
  }
}
