import { isIP } from 'node:net';
import { GodwitError } from '@godwit/errors';

/** Where an NBD server listens: TCP (IPv6 without brackets), or a unix socket. */
export type NbdAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** What an NBD URI names. */
export interface NbdLocation {
  readonly address: NbdAddress;
  /** Empty when the URI names no export: the server's default. */
  readonly exportName: string;
  readonly tls: boolean;
}

/** Registered with IANA; what a URI without a port means. */
export const NBD_PORT = 10_809;
/** sockaddr_un on Linux: 108 bytes with the zero at the end. */
const SOCKET_PATH_BYTES = 107;
const BRACKETED = /^\[([^\]]+)\](?::(\d{1,5}))?$/;
const PLAIN = /^([A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;
const ADDRESS_EXPECTED = `HOST:PORT, such as 127.0.0.1:${NBD_PORT}, or unix:PATH of at most ${SOCKET_PATH_BYTES} bytes`;
const URI_EXPECTED = `nbd://HOST:PORT/NAME, nbd+unix:///NAME?socket=PATH, HOST:PORT or unix:PATH`;
const SCHEMES = new Map([
  ['nbd:', { unix: false, tls: false }],
  ['nbds:', { unix: false, tls: true }],
  ['nbd+unix:', { unix: true, tls: false }],
  ['nbds+unix:', { unix: true, tls: true }],
]);

/**
 * Reads `HOST:PORT` or `unix:PATH`: where to listen, or whom to ask without naming an export.
 *
 * @throws GodwitError E_BAD_VALUE naming `name`
 */
export function parseNbdAddress(text: string, name: string): NbdAddress {
  const address = text.startsWith('unix:') ? unixAddress(text.slice('unix:'.length)) : tcpAddress(text, undefined);
  if (address === undefined) throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: ADDRESS_EXPECTED });
  return address;
}

/**
 * Reads an NBD URI (NetworkBlockDevice/nbd, doc/uri.md), or what `parseNbdAddress` reads. A user name and
 * queries other than `socket` are refused rather than passed over: they ask for something.
 *
 * @param expected what a refusal says, where not all of this is taken
 * @throws GodwitError E_BAD_VALUE naming `name`
 */
export function parseNbdUri(text: string, name: string, expected = URI_EXPECTED): NbdLocation {
  const location = text.includes('://') ? uriLocation(text) : addressLocation(text);
  if (location === undefined) throw new GodwitError('E_BAD_VALUE', { name, value: text, expected });
  return location;
}

/** The text that `parseNbdAddress` reads back. */
export function formatNbdAddress(address: NbdAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  return isIP(address.host) === 6 ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

function addressLocation(text: string): NbdLocation | undefined {
  const address = text.startsWith('unix:') ? unixAddress(text.slice('unix:'.length)) : tcpAddress(text, undefined);
  return address && { address, exportName: '', tls: false };
}

function uriLocation(text: string): NbdLocation | undefined {
  const uri = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = uri && SCHEMES.get(uri.protocol);
  if (uri === undefined || scheme === undefined || uri.username !== '' || uri.password !== '' || uri.hash !== '') {
    return undefined;
  }
  const queries = [...uri.searchParams.keys()];
  if (queries.length !== (scheme.unix ? 1 : 0) || (scheme.unix && uri.host !== '')) return undefined;
  const address = scheme.unix ? unixAddress(uri.searchParams.get('socket') ?? '') : tcpAddress(uri.host, NBD_PORT);
  const exportName = decoded(uri.pathname.replace(/^\//, ''));
  return address && exportName !== undefined ? { address, exportName, tls: scheme.tls } : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (thrown) {
    if (thrown instanceof URIError) return undefined;
    throw thrown;
  }
}

function tcpAddress(text: string, fallbackPort: number | undefined): NbdAddress | undefined {
  const bracketed = BRACKETED.exec(text);
  const [, host, digits] = bracketed ?? PLAIN.exec(text) ?? [];
  const port = digits === undefined ? fallbackPort : Number(digits);
  if (host === undefined || port === undefined || port > 65_535) return undefined;
  return bracketed !== null && isIP(host) !== 6 ? undefined : { host, port };
}

function unixAddress(path: string): NbdAddress | undefined {
  const bytes = Buffer.byteLength(path);
  return bytes === 0 || bytes > SOCKET_PATH_BYTES || path.includes('\0') ? undefined : { path };
}
