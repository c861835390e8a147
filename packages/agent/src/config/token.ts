import { readFileSync } from 'node:fs';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { type Address, formatAddress, isLoopback } from '../units/address.js';

const MIN_TOKEN_CHARACTERS = 16;
const MAX_TOKEN_CHARACTERS = 4096;
/** What may stand in an Authorization header. */
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * The token in a file: one line, at least 16 printable characters without spaces.
 *
 * @throws GodwitError E_TOKEN_FILE; it never quotes what the file holds
 */
export function readToken(path: string): string {
  const [token = '', ...others] = readText(path)
    .replace(/\r?\n$/, '')
    .split('\n');
  const problem = problemWith(token, others.length);
  if (problem !== undefined) throw new GodwitError('E_TOKEN_FILE', { path, problem });
  return token;
}

/**
 * Refuses to be reached from other machines by whoever likes.
 *
 * @param provesClients whoever connects has to show a certificate
 * @throws GodwitError E_TOKEN_REQUIRED
 */
export function requireTokenBeyondLoopback(address: Address, token: string | undefined, provesClients = false): void {
  if (token !== undefined || provesClients || isLoopback(address.host)) return;
  throw new GodwitError('E_TOKEN_REQUIRED', { address: formatAddress(address) });
}

function problemWith(token: string, otherLines: number): string | undefined {
  if (otherLines > 0) return 'it holds several lines';
  if (token.length < MIN_TOKEN_CHARACTERS) return token === '' ? 'it is empty' : 'the token is too short';
  if (token.length > MAX_TOKEN_CHARACTERS) return 'the token is too long';
  return TOKEN.test(token) ? undefined : 'the token holds spaces or characters beyond ASCII';
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    const problem = systemCodeOf(thrown) === 'ENOENT' ? 'no such file' : problemOf(thrown);
    throw new GodwitError('E_TOKEN_FILE', { path, problem }, { cause: thrown });
  }
}
