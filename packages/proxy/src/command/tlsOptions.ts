import { asText, type OptionValues, optionalOption, readTlsMaterial } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import type { ClientTls } from '@godwit/nbd';
import type { UpstreamAddress } from './upstreams.js';

const TLS_CERT = optionalOption({
  flag: '--tls-cert',
  placeholder: 'FILE',
  help: 'certificate to show to agents with nbds://, PEM, intermediate ones behind it',
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
  help: 'certificates, PEM, one of which must have signed that of an agent; default: those of Node.js',
  parse: asText,
});

/** In the order of the help. */
export const TLS_OPTIONS = [TLS_CERT, TLS_KEY, TLS_CA] as const;

/**
 * What to show to upstreams with TLS, and whom to believe there.
 *
 * @throws GodwitError E_USAGE, E_TLS_FILE
 */
export function readClientTls(values: OptionValues, to: readonly UpstreamAddress[]): ClientTls | undefined {
  const cert = values.get(TLS_CERT);
  const key = values.get(TLS_KEY);
  const ca = values.get(TLS_CA);
  const wanted = to.some(({ tls }) => tls);
  const given = [cert, key, ca].some((path) => path !== undefined);
  if (given && !wanted) throw new GodwitError('E_USAGE', { problem: '--tls-* needs an address with nbds:// in --to' });
  if (!wanted) return undefined;
  if (cert === undefined || key === undefined) {
    throw new GodwitError('E_USAGE', { problem: 'nbds:// in --to needs --tls-cert and --tls-key' });
  }
  return readTlsMaterial({ cert, key, ...(ca === undefined ? {} : { ca }) });
}
