import { problemOf } from '@godwit/errors';
import type { TlsMaterial } from '@godwit/nbd';
import type { PeerTls } from '@godwit/transport';
import { readTlsMaterial, type TlsFiles } from '../config/tlsFiles.js';
import type { Logger } from '../logging/logger.js';

/**
 * The certificate of an agent, its key, and whom it believes, for all of its doors. Read at the start, and again when the
 * operator says that the files are new (SIGHUP): connections that are made from then on use what is in them, those that
 * are open go on.
 */
export class AgentTls {
  readonly #files: TlsFiles;
  readonly #allowPeers: readonly string[];
  readonly #listeners: ((material: TlsMaterial) => void)[] = [];
  #material: TlsMaterial;

  /** @throws GodwitError E_TLS_FILE */
  constructor(files: TlsFiles, allowPeers: readonly string[]) {
    this.#files = files;
    this.#allowPeers = allowPeers;
    this.#material = readTlsMaterial(files);
  }

  get material(): TlsMaterial {
    return this.#material;
  }

  /** What is shown to other agents; undefined without an authority, for then nobody could be believed. */
  get peer(): PeerTls | undefined {
    const { cert, key, ca } = this.#material;
    return ca === undefined ? undefined : { cert, key, ca, allowPeers: this.#allowPeers };
  }

  /** Told when there are others. */
  onRenewed(listener: (material: TlsMaterial) => void): void {
    this.#listeners.push(listener);
  }

  /** Reads the files again; if anything is wrong with them, what was read before stays. Never throws. */
  reload(logger: Logger): void {
    try {
      const material = readTlsMaterial(this.#files);
      for (const listener of this.#listeners) listener(material);
      this.#material = material;
      logger.info({ files: this.#files }, 'certificate, key and authority were read again');
    } catch (thrown) {
      logger.error({ reason: problemOf(thrown) }, 'the certificate in use stays, for the files cannot be used');
    }
  }
}
