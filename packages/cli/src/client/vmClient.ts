import { type AgentClient, type MigrationHow, START_TIMEOUT_MS } from './agentClient.js';
import { isStarted } from './viewGuard.js';
import { type Finding, isFindingList, isNothing, isVmList, isVmView, type VmView } from './vmViews.js';

/** Where a machine is to go. */
export interface VmMove {
  readonly destination: string;
  readonly storage?: string | undefined;
  /** Bridges, tap devices and forwarded ports that are called otherwise there, old to new. */
  readonly mapNics?: Readonly<Record<string, string>> | undefined;
}

/** Body of POST /v1/vms/NAME/migrations. */
export interface VmStartRequest extends VmMove, MigrationHow {
  readonly forceWarnings?: boolean | undefined;
}

/** A guest has a minute to power off, and what it wrote is collected after that. */
const STOP_TIMEOUT_MS = 90_000;

/** The calls of an agent that are about virtual machines; they throw as those of AgentClient do. */
export class VmClient {
  readonly #agent: AgentClient;

  constructor(agent: AgentClient) {
    this.#agent = agent;
  }

  list(): Promise<VmView[]> {
    return this.#agent.ask({ method: 'GET', path: '/v1/vms' }, isVmList);
  }

  view(name: string): Promise<VmView> {
    return this.#agent.ask({ method: 'GET', path: pathOf(name) }, isVmView);
  }

  run(manifest: object): Promise<VmView> {
    return this.#agent.ask(
      { method: 'POST', path: '/v1/vms', body: { manifest }, timeoutMs: START_TIMEOUT_MS },
      isVmView,
    );
  }

  /** One that is off. */
  start(name: string): Promise<VmView> {
    return this.#agent.ask({ method: 'POST', path: `${pathOf(name)}/start`, timeoutMs: START_TIMEOUT_MS }, isVmView);
  }

  stop(name: string, body: { readonly force?: boolean }): Promise<VmView> {
    return this.#agent.ask(
      { method: 'POST', path: `${pathOf(name)}/stop`, body, timeoutMs: STOP_TIMEOUT_MS },
      isVmView,
    );
  }

  forget(name: string): Promise<undefined> {
    return this.#agent.ask({ method: 'DELETE', path: pathOf(name) }, isNothing);
  }

  /** What stands against a move, as both hosts see it. */
  check(name: string, body: VmMove): Promise<Finding[]> {
    return this.#agent.ask(
      { method: 'POST', path: `${pathOf(name)}/check`, body, timeoutMs: START_TIMEOUT_MS },
      isFindingList,
    );
  }

  /** Starts a move, and the id of its migration. */
  async migrate(name: string, body: VmStartRequest): Promise<string> {
    const path = `${pathOf(name)}/migrations`;
    return (await this.#agent.ask({ method: 'POST', path, body, timeoutMs: START_TIMEOUT_MS }, isStarted)).id;
  }
}

function pathOf(name: string): string {
  return `/v1/vms/${encodeURIComponent(name)}`;
}
