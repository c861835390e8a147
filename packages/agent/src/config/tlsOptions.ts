/**
 * The certificate options of both daemons, and how their doors use them.
 */
import { isIP } from 'node:net';
import { GodwitError } from '@godwit/errors';
import type { TlsMaterial } from '@godwit/nbd';
import { AgentTls } from '../tls/agentTls.js';
import { type Address, formatAddress, isLoopback } from '../units/address.js';
import { asText, listOption, oneOf, optionalOption, switchOption } from './option.js';
import type { OptionValues } from './optionValues.js';

export type { TlsMaterial } from '@godwit/nbd';

/** `allow` takes clients with and without TLS; `require` answers those without with ERR_TLS_REQD. */
export type NbdTls = { readonly mode: 'off' } | { readonly mode: 'allow' | 'require'; readonly material: TlsMaterial };

const TLS_CERT = optionalOption({
  flag: '--tls-cert',
  placeholder: 'FILE',
  help: 'certificate to show, PEM, intermediate ones behind it; API and NBD then speak TLS',
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
  help: 'certificates, PEM, one of which must have signed that of a client or peer; migrations then go by TLS alone',
  parse: asText,
});
const ALLOW_PEER = listOption({
  flag: '--allow-peer',
  placeholder: 'NAME',
  help: 'name or IP address that the certificate of the other agent may bear; repeat for several',
  parse: parsePeerName,
});
const NBD_TLS = optionalOption({
  flag: '--nbd-tls',
  placeholder: 'MODE',
  help: 'allow takes NBD clients without TLS too; require, the default with --tls-cert, does not',
  parse: oneOf('allow', 'require'),
});
/** Said aloud: plain text beyond loopback, and NBD for whoever connects. */
export const INSECURE = switchOption({
  flag: '--insecure',
  help: 'speak plain text beyond loopback, and serve NBD there to whoever connects',
});

/** What both daemons offer, in the order of their help. */
export const TLS_OPTIONS = [TLS_CERT, TLS_KEY, TLS_CA, ALLOW_PEER, NBD_TLS, INSECURE] as const;

/**
 * How NBD is to be served. To be called whether or not it is: what the files hold is checked in any case.
 *
 * @param tcp where NBD listens, if it does by TCP; a unix socket is guarded by the permissions of its folder
 * @throws GodwitError E_USAGE, E_TLS_FILE, E_INSECURE
 */
export function readNbdTls(values: OptionValues, tcp: Address | undefined, tls = readTls(values)): NbdTls {
  const material = tls?.material;
  const mode = values.get(NBD_TLS);
  if (material === undefined && mode !== undefined) {
    throw new GodwitError('E_USAGE', { problem: '--nbd-tls needs --tls-cert and --tls-key' });
  }
  const nbd: NbdTls = material === undefined ? { mode: 'off' } : { mode: mode ?? 'require', material };
  if (tcp !== undefined && !isLoopback(tcp.host) && !values.get(INSECURE)) requireProof(nbd, tcp);
  return nbd;
}

/**
 * The contents of the files, proven to fit together; undefined when none is named.
 *
 * @throws GodwitError E_USAGE, E_BAD_VALUE, E_TLS_FILE
 */
export function readTls(values: OptionValues): AgentTls | undefined {
  const cert = values.get(TLS_CERT);
  const key = values.get(TLS_KEY);
  const ca = values.get(TLS_CA);
  const allowPeers = values.get(ALLOW_PEER);
  if (allowPeers.length > 0 && ca === undefined) {
    throw new GodwitError('E_USAGE', { problem: '--allow-peer needs --tls-cert, --tls-key and --tls-ca' });
  }
  if (cert !== undefined && key !== undefined)
    return new AgentTls({ cert, key, ...(ca === undefined ? {} : { ca }) }, allowPeers);
  if (cert !== undefined) throw new GodwitError('E_USAGE', { problem: '--tls-cert needs --tls-key' });
  if (key !== undefined) throw new GodwitError('E_USAGE', { problem: '--tls-key needs --tls-cert' });
  if (ca !== undefined) throw new GodwitError('E_USAGE', { problem: '--tls-ca needs --tls-cert and --tls-key' });
  return undefined;
}

/** @throws GodwitError E_INSECURE unless every client must show a certificate */
function requireProof(tls: NbdTls, tcp: Address): void {
  const about = { what: 'serving NBD on', address: formatAddress(tcp) };
  if (tls.mode === 'allow') throw new GodwitError('E_INSECURE', { ...about, needed: '--nbd-tls require' });
  if (tls.mode === 'off' || tls.material.ca === undefined) {
    throw new GodwitError('E_INSECURE', { ...about, needed: '--tls-ca' });
  }
}

/**
 * Plain text stays on this machine, unless somebody says otherwise.
 *
 * @param what is done there, for the error: `serving the API on`
 * @param needed the option that would make it TLS
 * @throws GodwitError E_INSECURE
 */
export function requireTlsBeyondLoopback(what: string, address: Address, needed: '--tls-cert' | '--tls-ca'): void {
  if (isLoopback(address.host)) return;
  throw new GodwitError('E_INSECURE', { what, address: formatAddress(address), needed });
}

function parsePeerName(text: string, name: string): string {
  if (isIP(text) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/.test(text)) return text;
  throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: 'a host name or IP address' });
}
