import { createHash, timingSafeEqual } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { GodwitError } from '@godwit/errors';
import type { FastifyRequest } from 'fastify';
import { isLoopback } from '../units/address.js';

/** What a probe may ask without a token: it learns up or down, nothing else. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
const BEARER = /^Bearer +(\S+) *$/i;

/**
 * The check that runs before each request: a bearer token where one is set; else a certificate where an authority is;
 * otherwise (loopback only) that no web page is calling.
 *
 * @throws (from the returned function) GodwitError E_UNAUTHORIZED, E_CERTIFICATE, E_USAGE
 */
export function createAuthorization(
  token: string | undefined,
  tls?: { readonly peer: unknown },
): (request: FastifyRequest) => void {
  const scheme = tls === undefined ? 'http' : 'https';
  if (token === undefined) return tls?.peer === undefined ? (request) => refuseBrowsers(request, scheme) : requireProof;
  const expected = digest(token);
  return (request) => {
    if (OPEN_PATHS.has(pathOf(request))) return;
    const [, offered] = BEARER.exec(request.headers.authorization ?? '') ?? [];
    // Digests have one length, so the comparison tells nothing about the token, not even its length.
    if (offered === undefined || !timingSafeEqual(digest(offered), expected)) throw new GodwitError('E_UNAUTHORIZED');
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function pathOf(request: FastifyRequest): string {
  const [path = ''] = request.url.split('?', 1);
  return path;
}

/**
 * Without a token, loopback is the only fence, and a web page in a browser of this machine is inside it:
 * by a foreign name that resolves to 127.0.0.1 (the Host header tells) or across origins (Origin tells).
 */
function refuseBrowsers(request: FastifyRequest, scheme: 'http' | 'https'): void {
  if (OPEN_PATHS.has(pathOf(request))) return;
  if (!isLoopback(request.hostname.replace(/^\[|\]$/g, ''))) {
    throw new GodwitError('E_USAGE', {
      problem: `the Host header names "${request.hostname}"; without --token-file only loopback addresses and localhost are answered`,
    });
  }
  refuseOrigins(request, scheme);
}

/** A browser shows the certificate that it has for whichever page asks; that page must be ours. */
function requireProof(request: FastifyRequest): void {
  if (OPEN_PATHS.has(pathOf(request))) return;
  const { socket } = request.raw;
  // A session that is resumed counts as proven for Node.js, whether a certificate was ever shown or not.
  const isProven = socket instanceof TLSSocket && socket.authorized && !socket.isSessionReused();
  if (!isProven || socket.getPeerX509Certificate() === undefined) throw new GodwitError('E_CERTIFICATE');
  refuseOrigins(request, 'https');
}

function refuseOrigins(request: FastifyRequest, scheme: 'http' | 'https'): void {
  const { origin } = request.headers;
  if (origin === undefined || origin === `${scheme}://${request.host}`) return;
  throw new GodwitError('E_USAGE', { problem: `requests from the web origin ${origin} need --token-file` });
}
