import { join } from 'node:path';
import { godwit } from './command.js';
import type { Stage } from './stage.js';

/** The options of TLS for two agents, both with certificates of an authority of `godwit certs init`. */
export interface Certs {
  readonly folder: string;
  /** Names: source.test, localhost, 127.0.0.1. */
  readonly source: readonly string[];
  /** Names: destination.test, localhost, 127.0.0.1. */
  readonly destination: readonly string[];
  /** New keys and certificates in the same files. */
  renew(): Promise<void>;
}

export async function certsFor(stage: Stage): Promise<Certs> {
  const folder = await stage.folder('certs');
  const init = async (...more: readonly string[]) => {
    const hosts = ['--host', 'source.test', '--host', 'destination.test'];
    const { code, stderr } = await godwit('certs', 'init', '--out', folder, ...hosts, ...more);
    if (code !== 0) throw new Error(`no certificates: ${stderr}`);
  };
  await init();
  return {
    folder,
    source: tlsArgs(join(folder, 'source.test')),
    destination: tlsArgs(join(folder, 'destination.test')),
    renew: () => init('--force'),
  };
}

/** For an agent, or for curl with other names of options. */
export function tlsArgs(folder: string): string[] {
  const file = (name: string) => join(folder, `${name}.pem`);
  return ['--tls-cert', file('cert'), '--tls-key', file('key'), '--tls-ca', file('ca')];
}
