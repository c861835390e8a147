import type { ApiClient } from '../harness/apiClient.js';
import { freePort } from '../harness/ports.js';
import type { RunningDaemon } from '../harness/runningDaemon.js';
import type { Stage } from '../harness/stage.js';

/** Where an NBD client connects to. */
export type Place = { readonly port: number } | { readonly path: string };

/** Both ways to the same exports. */
export const TRANSPORTS = ['TCP', 'unix'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** A source agent that serves its images by NBD. */
export class NbdServer {
  readonly port: number;
  readonly socketPath: string;
  readonly agent: RunningDaemon;

  constructor(agent: RunningDaemon, port: number, socketPath: string) {
    this.agent = agent;
    this.port = port;
    this.socketPath = socketPath;
  }

  get api(): ApiClient {
    return this.agent.api;
  }
  get pid(): number {
    return this.agent.pid;
  }

  place(transport: Transport): Place {
    return transport === 'TCP' ? { port: this.port } : { path: this.socketPath };
  }
  uri(name: string, transport: Transport = 'TCP'): string {
    if (transport === 'TCP') return `nbd://127.0.0.1:${this.port}/${name}`;
    return `nbd+unix:///${name}?socket=${this.socketPath}`;
  }
}

/** Starts it with these images, name to path or to `path,block=4K` and the like. */
export async function nbdServer(
  stage: Stage,
  images: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<NbdServer> {
  const port = await freePort();
  const socketPath = stage.path(`nbd-${port}.sock`);
  const nbd = ['--nbd', `127.0.0.1:${port}`, '--nbd-unix', socketPath];
  const agent = await stage.source({ images, args: [...nbd, ...args] });
  return new NbdServer(agent, port, socketPath);
}
