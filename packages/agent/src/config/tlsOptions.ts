/**
 * The certificate options of both daemons, and how NBD uses them.
 */
import { GodwitError } from '@godwit/errors';
import type { TlsMaterial } from '@godwit/nbd';
import { type Address, formatAddress, isLoopback } from '../units/address.js';
import { asText, oneOf, optionalOption, switchOption } from './option.js';
import type { OptionValues } from './optionValues.js';
import { readTlsMaterial } from './tlsFiles.js';

export type { TlsMaterial } from '@godwit/nbd';

/** `allow` takes clients with and without TLS; `require` answers those without with ERR_TLS_REQD. */
export type NbdTls = { readonly mode: 'off' } | { readonly mode: 'allow' | 'require'; readonly material: TlsMaterial };

const TLS_CERT = optionalOption({
  flag: '--tls-cert',
  placeholder: 'FILE',
  help: 'certificate to show, PEM, intermediate ones behind it; NBD then speaks TLS',
  parse: asText,
});
const TLS_KEY = optionalOption({
  flag: '--tls-key',
  placeholder: 'FILE',
  help: 'private key of the certificate, PEM, not encrypted',
  parse: asText,
});
const TLS_CA = optionalOption({
  flag: '--tls-ca',
  placeholder: 'FILE',
  help: 'certificates, PEM, one of which must have signed that of a client',
  parse: asText,
});
const NBD_TLS = optionalOption({
  flag: '--nbd-tls',
  placeholder: 'MODE',
  help: 'allow takes NBD clients without TLS too; require, the default with --tls-cert, does not',
  parse: oneOf('allow', 'require'),
});
const INSECURE = switchOption({
  flag: '--insecure',
  help: 'serve NBD beyond loopback to whoever connects',
});

/** What both daemons offer, in the order of their help. */
export const TLS_OPTIONS = [TLS_CERT, TLS_KEY, TLS_CA, NBD_TLS, INSECURE] as const;

/**
 * How NBD is to be served. To be called whether or not it is: what the files hold is checked in any case.
 *
 * @param tcp where NBD listens, if it does by TCP; a unix socket is guarded by the permissions of its folder
 * @throws GodwitError E_USAGE, E_TLS_FILE, E_INSECURE
 */
export function readNbdTls(values: OptionValues, tcp: Address | undefined): NbdTls {
  const material = readTls(values);
  const mode = values.get(NBD_TLS);
  if (material === undefined && mode !== undefined) {
    throw new GodwitError('E_USAGE', { problem: '--nbd-tls needs --tls-cert and --tls-key' });
  }
  const tls: NbdTls = material === undefined ? { mode: 'off' } : { mode: mode ?? 'require', material };
  if (tcp !== undefined && !isLoopback(tcp.host) && !values.get(INSECURE)) requireProof(tls, tcp);
  return tls;
}

/** The contents of the files, proven to fit together; undefined when none is named. */
function readTls(values: OptionValues): TlsMaterial | undefined {
  const cert = values.get(TLS_CERT);
  const key = values.get(TLS_KEY);
  const ca = values.get(TLS_CA);
  if (cert !== undefined && key !== undefined)
    return readTlsMaterial({ cert, key, ...(ca === undefined ? {} : { ca }) });
  if (cert !== undefined) throw new GodwitError('E_USAGE', { problem: '--tls-cert needs --tls-key' });
  if (key !== undefined) throw new GodwitError('E_USAGE', { problem: '--tls-key needs --tls-cert' });
  if (ca !== undefined) throw new GodwitError('E_USAGE', { problem: '--tls-ca needs --tls-cert and --tls-key' });
  return undefined;
}

/** @throws GodwitError E_INSECURE unless every client must show a certificate */
function requireProof(tls: NbdTls, tcp: Address): void {
  const address = formatAddress(tcp);
  if (tls.mode === 'allow') throw new GodwitError('E_INSECURE', { address, needed: '--nbd-tls require' });
  if (tls.mode === 'off' || tls.material.ca === undefined) {
    throw new GodwitError('E_INSECURE', { address, needed: '--tls-ca' });
  }
}
