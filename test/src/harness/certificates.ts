/**
 * Certificates made on the spot with openssl, for tests of TLS with clients that we did not write.
 * Elliptic keys, for they are made at once.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runWell } from './foreignCommand.js';
import type { Stage } from './stage.js';

/** A certificate in a folder as QEMU and libnbd want it: `ca-cert.pem`, `client-cert.pem`, `client-key.pem`. */
export interface Credentials {
  readonly folder: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

type Role = 'server' | 'client';

const CONFIGURATION_FILE = 'openssl.cnf';
const REQUEST = 'request.pem';
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const START = '20200101000000Z';
const VALID_UNTIL = '21200101000000Z';
const EXPIRED_SINCE = '20200102000000Z';

/** What `openssl ca` wants to know; only it can date a certificate back. */
const CONFIGURATION = `
[ca]
default_ca = it
[it]
database = index.txt
rand_serial = yes
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost,IP:127.0.0.1,IP:::1
[client]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
`;

/** Signs certificates that are valid from 2020 to 2119, and expired ones. */
export class Authority {
  readonly #folder: string;
  #issued = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(stage: Stage): Promise<Authority> {
    const authority = new Authority(await stage.folder('authority'));
    await writeFile(authority.#file(CONFIGURATION_FILE), CONFIGURATION);
    await writeFile(authority.#file('index.txt'), '');
    await authority.#request('an authority', authority.#key);
    await authority.#sign('authority', VALID_UNTIL, authority.cert, ['-selfsign']);
    return authority;
  }

  /** Path of its own certificate. */
  get cert(): string {
    return this.#file('ca-cert.pem');
  }

  /** For localhost, 127.0.0.1 and ::1. */
  server(): Promise<Credentials> {
    return this.#issue('server', VALID_UNTIL, this.cert);
  }
  /** Of this authority, for a client that trusts `trusted`, a path. */
  client(trusted: string = this.cert): Promise<Credentials> {
    return this.#issue('client', VALID_UNTIL, trusted);
  }
  expired(role: Role): Promise<Credentials> {
    return this.#issue(role, EXPIRED_SINCE, this.cert);
  }

  async #issue(role: Role, until: string, trusted: string): Promise<Credentials> {
    const folder = this.#file(`${role}-${++this.#issued}`);
    await mkdir(folder);
    const ca = join(folder, 'ca-cert.pem');
    const cert = join(folder, `${role}-cert.pem`);
    const key = join(folder, `${role}-key.pem`);
    await copyFile(trusted, ca);
    await this.#request(role, key);
    await this.#sign(role, until, cert, ['-cert', this.cert]);
    return { folder, ca, cert, key };
  }

  get #key(): string {
    return this.#file('ca-key.pem');
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }

  async #request(name: string, key: string): Promise<void> {
    await this.#openssl('req', ...NEW_KEY, '-keyout', key, '-subj', `/CN=${name}`, '-out', REQUEST);
  }

  async #sign(extensions: string, until: string, out: string, by: readonly string[]): Promise<void> {
    const dates = ['-startdate', START, '-enddate', until];
    const how = ['-batch', '-notext', '-config', CONFIGURATION_FILE, '-extensions', extensions, ...dates];
    await this.#openssl('ca', ...how, '-in', REQUEST, '-keyfile', this.#key, ...by, '-out', out);
  }

  async #openssl(...args: readonly string[]): Promise<void> {
    await runWell('openssl', args, { cwd: this.#folder });
  }
}
