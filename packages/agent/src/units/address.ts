import { isIP } from 'node:net';
import { GodwitError } from '@godwit/errors';

/** Where to listen or connect: a host name or IP address (IPv6 without brackets) and a TCP port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const EXPECTED = 'HOST:PORT, such as 127.0.0.1:7400 or [::1]:7400';
const BRACKETED = /^\[([^\]]+)\]:(\d{1,5})$/;
const PLAIN = /^([A-Za-z0-9._-]+):(\d{1,5})$/;

/**
 * Reads `127.0.0.1:7400`, `localhost:7400` or `[::1]:7400`. The host must be written: `:7400` could mean
 * this machine or every interface, and the difference decides whether a token is needed. Port 0 means
 * "any free port".
 *
 * @throws GodwitError E_BAD_VALUE naming `name`
 */
export function parseAddress(text: string, name = 'address'): Address {
  const bracketed = BRACKETED.exec(text);
  const [, host, digits] = bracketed ?? PLAIN.exec(text) ?? [];
  const port = Number(digits);
  const validHost = host !== undefined && (bracketed === null || isIP(host) === 6);
  if (!validHost || !(port <= 65_535)) throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: EXPECTED });
  return { host, port };
}

/** The text that `parseAddress` reads back; IPv6 addresses get their brackets. */
export function formatAddress(address: Address): string {
  return isIP(address.host) === 6 ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** True when only this machine can connect there; `localhost` is believed to be what its name says. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 ? host.startsWith('127.') : host.toLowerCase().startsWith('::ffff:127.');
}
