import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DISK } from './pair.js';
import { freePort } from './ports.js';
import { RunningDaemon } from './runningDaemon.js';
import { PEER_TIMEOUT_MS, type Stage } from './stage.js';

/** One host with one folder of images and one state directory, at which a destination becomes a source when it owns, and back. */
export class Host {
  readonly directory: string;
  readonly stateDir: string;
  readonly destination: RunningDaemon;
  readonly source: RunningDaemon;
  #running: RunningDaemon | undefined;

  private constructor(
    directory: string,
    stateDir: string,
    ports: { readonly api: number; readonly migration: number },
  ) {
    this.directory = directory;
    this.stateDir = stateDir;
    const api = `127.0.0.1:${ports.api}`;
    const common = ['--state-dir', stateDir, '--peer-timeout', `${PEER_TIMEOUT_MS}ms`];
    const apiUrl = `http://${api}`;
    this.source = new RunningDaemon({
      role: 'source',
      args: ['--image', `${DISK}=${this.imagePath}`, '--listen', api, ...common],
      apiUrl,
    });
    this.destination = new RunningDaemon({
      role: 'dest',
      args: ['--dir', directory, '--listen', `127.0.0.1:${ports.migration}`, '--api', api, ...common],
      apiUrl,
      port: ports.migration,
      directory,
    });
  }

  static async make(stage: Stage, name: string): Promise<Host> {
    const [directory, stateDir] = [stage.path(name), stage.path(`${name}-state`)];
    for (const folder of [directory, stateDir]) await mkdir(folder);
    const host = new Host(directory, stateDir, { api: await freePort(), migration: await freePort() });
    stage.atEnd(async () => host.#running?.close());
    stage.keepOutput(() => `--- ${name}\n${host.source.output}\n${host.destination.output}`);
    return host;
  }

  /** Where its image is, in either role. */
  get imagePath(): string {
    return join(this.directory, `${DISK}.img`);
  }

  async beSource(): Promise<RunningDaemon> {
    return this.#become(this.source);
  }

  async beDestination(): Promise<RunningDaemon> {
    return this.#become(this.destination);
  }

  async #become(next: RunningDaemon): Promise<RunningDaemon> {
    const { code } = (await this.#running?.stop()) ?? { code: 0 };
    if (code !== 0) throw new Error(`an agent ended with ${code}`);
    this.#running = next;
    await next.start();
    return next;
  }
}
