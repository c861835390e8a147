import { checkImageName } from '@godwit/agent';
import type { AgentClient } from '../../client/agentClient.js';
import { VmClient } from '../../client/vmClient.js';
import type { Settings } from '../../settings/settings.js';
import { connect } from '../connection.js';

/** Where `godwit host` has its API when nothing else is said. */
const DEFAULT_HOST = '127.0.0.1:7401';

/** The agent that a command about machines speaks to. */
export interface Host {
  readonly agent: AgentClient;
  readonly vms: VmClient;
  /** What commands need to speak to it that are shown to be typed. */
  readonly options: SourceOptions;
}

/** `--source URL` behind a blank. */
export interface SourceOptions {
  /** Of `godwit vm` commands: empty where they find it by themselves. */
  readonly vm: string;
  /** Of all others, which look for a source agent. */
  readonly other: string;
}

/** @throws GodwitError as `connect` does */
export function connectHost(settings: Settings): Host {
  const agent = connect(settings, DEFAULT_HOST);
  const other = ` --source ${agent.url}`;
  const vm = agent.url === `http://${DEFAULT_HOST}` ? '' : other;
  return { agent, vms: new VmClient(agent), options: { vm, other } };
}

/** Machines are named as images are. @throws GodwitError E_BAD_NAME */
export function readName(name: string): string {
  checkImageName(name);
  return name;
}
