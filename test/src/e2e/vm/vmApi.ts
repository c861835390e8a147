import { ApiError } from '../../harness/apiClient.js';
import { hasFields, parseJson } from '../../harness/jsonGuards.js';
import type { RunningDaemon } from '../../harness/runningDaemon.js';

export interface VmView {
  readonly name: string;
  readonly phase: string;
  readonly runState?: string;
  readonly problem?: string;
  readonly pid?: number;
  readonly location?: string;
  readonly commandLine?: string;
}

export interface Finding {
  readonly severity: string;
  readonly code: string;
  readonly what: string;
}

/** What POST /v1/vms/NAME/migrations takes; see MigrationRequest for the rest of it. */
export interface VmMove {
  readonly destination: string;
  readonly storage?: 'copy' | 'shared';
  readonly mapNics?: Readonly<Record<string, string>>;
  readonly forceWarnings?: boolean;
  readonly lanes?: number;
  readonly downtimeLimitMs?: number;
  readonly patienceMs?: number;
  readonly verify?: 'full' | 'wire';
  readonly bandwidthLimit?: number;
  readonly cutover?: 'auto' | 'manual';
}

/** The virtual machines of a host agent. Every call rejects with ApiError. */
export class VmApi {
  readonly #host: RunningDaemon;

  constructor(host: RunningDaemon) {
    this.#host = host;
  }

  run(manifest: unknown): Promise<VmView> {
    return this.#view('POST', '/v1/vms', { manifest });
  }
  view(name: string): Promise<VmView> {
    return this.#view('GET', `/v1/vms/${name}`);
  }
  start(name: string): Promise<VmView> {
    return this.#view('POST', `/v1/vms/${name}/start`);
  }
  stop(name: string, force = true): Promise<VmView> {
    return this.#view('POST', `/v1/vms/${name}/stop`, { force });
  }
  async forget(name: string): Promise<void> {
    await this.#call('DELETE', `/v1/vms/${name}`);
  }
  async check(name: string, move: VmMove): Promise<Finding[]> {
    const findings = await this.#call('POST', `/v1/vms/${name}/check`, move);
    if (!Array.isArray(findings)) throw new Error('no list of findings');
    return findings.filter(isFinding);
  }
  /** The id of the migration. */
  async migrate(name: string, move: VmMove): Promise<string> {
    const started = await this.#call('POST', `/v1/vms/${name}/migrations`, {
      downtimeLimitMs: 500,
      patienceMs: 0,
      ...move,
    });
    if (!isStarted(started)) throw new Error('no id');
    return started.id;
  }

  async #view(method: string, path: string, body?: unknown): Promise<VmView> {
    const view = await this.#call(method, path, body);
    if (!isView(view)) throw new Error('no virtual machine');
    return view;
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.#host.api.call(method, path, body);
    if (answer.status >= 300) throw new ApiError(answer, `${method} ${path}`);
    return answer.body.length === 0 ? undefined : parseJson(answer.body.toString('utf8'));
  }
}

function isView(value: unknown): value is VmView {
  return hasFields(value, { name: 'string', phase: 'string' }, 'a virtual machine');
}

function isFinding(value: unknown): value is Finding {
  return hasFields(value, { severity: 'string', code: 'string', what: 'string' }, 'a finding');
}

function isStarted(value: unknown): value is { id: string } {
  return hasFields(value, { id: 'string' }, 'a migration');
}
