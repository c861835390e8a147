import { createHash, timingSafeEqual } from 'node:crypto';
import { GodwitError } from '@godwit/errors';
import type { FastifyRequest } from 'fastify';
import { isLoopback } from '../units/address.js';

/** What a probe may ask without a token: it learns up or down, nothing else. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
const BEARER = /^Bearer +(\S+) *$/i;

/**
 * The check that runs before each request: a bearer token where one is set; otherwise (loopback only)
 * that no web page is calling.
 *
 * @throws (from the returned function) GodwitError E_UNAUTHORIZED, E_USAGE
 */
export function createAuthorization(token: string | undefined): (request: FastifyRequest) => void {
  if (token === undefined) return refuseBrowsers;
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
function refuseBrowsers(request: FastifyRequest): void {
  if (OPEN_PATHS.has(pathOf(request))) return;
  const { origin } = request.headers;
  if (!isLoopback(request.hostname.replace(/^\[|\]$/g, ''))) {
    throw new GodwitError('E_USAGE', {
      problem: `the Host header names "${request.hostname}"; without --token-file only loopback addresses and localhost are answered`,
    });
  }
  if (origin !== undefined && origin !== `http://${request.host}`) {
    throw new GodwitError('E_USAGE', { problem: `requests from the web origin ${origin} need --token-file` });
  }
}
