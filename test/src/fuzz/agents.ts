/** Real agents in this process for peers that mean no good, with what they must never do in view. */
import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogLines } from '../../../packages/agent/dist/http/testAgent.js';
import { createLogger, type RunningAgent } from '../../../packages/agent/dist/index.js';
import { startDestination } from '../../../packages/dest-agent/dist/index.js';
import { startSource } from '../../../packages/source-agent/dist/index.js';
import { ApiClient } from '../harness/apiClient.js';

const loopback = { host: '127.0.0.1', port: 0 };
const NO_NBD = { wait: false, farewell: 'eshutdown', tls: { mode: 'off' } } as const;

/** A folder with an agent's own folders in it, and one file that is none of its business. */
class Place {
  readonly folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'godwit-fuzz-'));
  readonly log = new LogLines();

  constructor() {
    for (const name of ['images', 'state', 'outside']) mkdirSync(join(this.folder, name));
    writeFileSync(join(this.folder, 'outside', 'precious'), 'precious');
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  /** Nothing outside was touched, and the agent met nothing that it did not foresee. */
  assertInOrder(): void {
    assert.deepEqual(readdirSync(this.folder).sort(), ['images', 'outside', 'state']);
    assert.deepEqual(readdirSync(this.path('outside')), ['precious']);
    const unforeseen = this.log.lines.filter((line) => /E_INTERNAL|internal error|Assertion/.test(line));
    assert.deepEqual(unforeseen, []);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function common(place: Place, peerTimeoutMs: number, token: string | undefined, level: string) {
  const secrets = token === undefined ? [] : [token];
  const logger = createLogger(level, place.log, secrets);
  const more = token === undefined ? {} : { token };
  return { peerTimeoutMs, hooks: { timeoutMs: 5000 }, nbd: NO_NBD, logger, stateDir: place.path('state'), ...more };
}

export interface AgentUnderTest {
  readonly place: Place;
  readonly agent: RunningAgent;
  readonly api: ApiClient;
  close(): Promise<void>;
}

export interface UnderTestOptions {
  readonly peerTimeoutMs?: number;
  readonly token?: string;
  readonly level?: string;
}

export async function destinationUnderTest(options: UnderTestOptions = {}): Promise<AgentUnderTest> {
  const place = new Place();
  const { peerTimeoutMs = 2000, token, level = 'warn' } = options;
  const more = { dir: place.path('images'), listen: loopback, api: loopback };
  const agent = await startDestination({ ...common(place, peerTimeoutMs, token, level), ...more });
  return underTest(place, agent, token);
}

export async function sourceUnderTest(options: UnderTestOptions = {}): Promise<AgentUnderTest> {
  const place = new Place();
  const { peerTimeoutMs = 400, token, level = 'warn' } = options;
  const agent = await startSource({ ...common(place, peerTimeoutMs, token, level), images: [], listen: loopback });
  return underTest(place, agent, token);
}

function underTest(place: Place, agent: RunningAgent, token: string | undefined): AgentUnderTest {
  const api = new ApiClient(agent.apiUrl, token);
  const close = async () => {
    api.close();
    await agent.close();
    place.remove();
  };
  return { place, agent, api, close };
}

/** Open descriptors of this process. */
export function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
