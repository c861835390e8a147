import { GodwitError } from '@godwit/errors';
import { formatNbdAddress, type NbdAddress, parseNbdUri } from '@godwit/nbd';

const UPSTREAM_EXPECTED = 'HOST:PORT, unix:PATH, nbds://HOST:PORT or nbds+unix:///?socket=PATH, commas between several';

/** One of the addresses where an image may be. */
export interface UpstreamAddress {
  readonly address: NbdAddress;
  /** nbds: the owner is only believed, and only told anything, inside of TLS. */
  readonly tls: boolean;
}

/**
 * Reads `--to`: addresses with commas between.
 *
 * @throws GodwitError E_BAD_VALUE: an address is wrong, given twice, or names an export
 */
export function parseUpstreams(text: string, name: string): readonly UpstreamAddress[] {
  const addresses = text.split(',').map((part) => parseUpstream(part.trim(), name));
  const shown = addresses.map(({ address }) => formatNbdAddress(address));
  if (new Set(shown).size !== shown.length) {
    throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: 'each address once' });
  }
  return addresses;
}

function parseUpstream(text: string, name: string): UpstreamAddress {
  const { address, exportName, tls } = parseNbdUri(text, name, UPSTREAM_EXPECTED);
  const expected = 'an address without a name: the export is the one that the client asks for';
  if (exportName !== '') throw new GodwitError('E_BAD_VALUE', { name, value: text, expected });
  if ('port' in address && address.port === 0) {
    throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: 'a port from 1 to 65535' });
  }
  return { address, tls };
}
