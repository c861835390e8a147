import { join } from 'node:path';
import { ApiClient } from './apiClient.js';
import { DaemonProcess, type DaemonStart, type ProcessEnd } from './daemonProcess.js';
import type { ClientTls } from './httpCall.js';

export interface DaemonPlan extends DaemonStart {
  readonly apiUrl: string;
  readonly token?: string;
  /** How clients of its API come, where that is https. */
  readonly tls?: ClientTls | undefined;
  /** Migration port and image folder of a destination. */
  readonly port?: number;
  readonly directory?: string;
}

/** A daemon that can be killed and started again with the same plan; its API client stays valid. */
export class RunningDaemon {
  readonly plan: DaemonPlan;
  readonly api: ApiClient;
  #process: DaemonProcess | undefined;
  #earlierOutput = '';

  constructor(plan: DaemonPlan) {
    this.plan = plan;
    this.api = new ApiClient(plan.apiUrl, plan.token, plan.tls);
  }

  /** Starts it and waits until it is ready; `env` replaces the plan's. */
  async start(env?: Readonly<Record<string, string>>): Promise<void> {
    if (this.#process !== undefined) this.#earlierOutput += `${this.#process.output}--- started again\n`;
    this.#process = new DaemonProcess(env === undefined ? this.plan : { ...this.plan, env });
    await this.#process.ready(this.plan.apiUrl, this.plan.token, this.plan.tls);
  }

  get process(): DaemonProcess {
    if (this.#process === undefined) throw new Error(`the ${this.plan.role} agent was not started`);
    return this.#process;
  }
  get output(): string {
    return this.#earlierOutput + (this.#process?.output ?? '');
  }
  get pid(): number {
    return this.process.pid;
  }

  /** HOST:PORT for `--to`. */
  get address(): string {
    return `127.0.0.1:${this.plan.port ?? 0}`;
  }
  /** Path of an image at a destination. */
  imagePath(name: string): string {
    return join(this.plan.directory ?? '', `${name}.img`);
  }

  kill(): Promise<void> {
    return this.process.kill();
  }
  stop(): Promise<ProcessEnd> {
    return this.process.stop();
  }
  async close(): Promise<void> {
    this.api.close();
    await this.#process?.kill();
  }
}
