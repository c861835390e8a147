import type { Logger } from 'pino';
import type { ImageSpec } from '../images/imageStore.js';
import type { NbdOptions } from '../nbd/nbdService.js';
import type { AgentTls } from '../tls/agentTls.js';
import type { Address } from '../units/address.js';

/** What an agent does with images: sends them, receives them, or both. */
export type AgentRole = 'source' | 'destination' | 'host';

/** What a source agent is started with; every value checked. */
export interface SourceOptions {
  images: ImageSpec[];
  /** Folders below which clients of the API may have files opened; see AllowedRoots for none. */
  allowRoots?: string[];
  listen: Address;
  nbd: NbdOptions;
  stateDir: string;
  token?: string;
  /** Given: the API speaks TLS; with an authority migrations do too. */
  tls?: AgentTls;
  /** Plain text may go beyond loopback. */
  insecure?: boolean;
  /** Silence after which the peer counts as lost. */
  peerTimeoutMs: number;
  hooks: { onFreeze?: string; onRelease?: string; timeoutMs: number };
  logger: Logger;
}

/** What a destination agent is started with; every value checked. */
export interface DestinationOptions {
  /** Where images are assembled: `DIR/NAME.img`. */
  dir: string;
  /** Where sources connect. */
  listen: Address;
  api: Address;
  nbd: NbdOptions;
  stateDir: string;
  token?: string;
  /** Given: the API speaks TLS; with an authority sources must, too. */
  tls?: AgentTls;
  peerTimeoutMs: number;
  hooks: { onTakeover?: string; timeoutMs: number };
  /** API URL that sources are told; made from `api` when absent. */
  advertiseUrl?: string;
  logger: Logger;
}

/** What an agent with both roles is started with. Its API is the destination's, `listen` where sources connect. */
export interface HostOptions
  extends Omit<DestinationOptions, 'hooks'>,
    Pick<SourceOptions, 'images' | 'allowRoots' | 'insecure'> {
  hooks: SourceOptions['hooks'] & DestinationOptions['hooks'];
}

/** What runs until a signal ends it. */
export interface RunningDaemon {
  /** Where it listens, for the line on stderr. */
  readonly whereabouts: string;
  close(): Promise<void>;
}

/** An agent that listens. `close` cancels what is on the move, then ends everything. */
export interface RunningAgent {
  readonly apiUrl: string;
  /** Port of the migration protocol (destination). */
  readonly listenPort?: number | undefined;
  /** URIs of the places where NBD is served. */
  readonly nbdUris?: readonly string[];
  /** Reads again what may have been renewed; missing where there is nothing. Never throws. */
  readonly reload?: () => void;
  close(): Promise<void>;
}
