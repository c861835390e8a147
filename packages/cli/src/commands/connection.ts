import { readFileSync } from 'node:fs';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { AgentClient } from '../client/agentClient.js';
import type { ClientTls } from '../client/httpCall.js';
import type { Settings } from '../settings/settings.js';

/** The source agent's API where nothing else is said (interfaces.md). */
const DEFAULT_SOURCE = '127.0.0.1:7301';
const TOKEN_CHARACTERS_MINIMUM = 16;

/** The client that `--source`, `--token-file` and `--tls-*` ask for. Throws E_BAD_VALUE, E_TOKEN_FILE, E_TLS_FILE, E_USAGE. */
export function connect(settings: Settings, defaultAddress = DEFAULT_SOURCE): AgentClient {
  const tls = readTls(settings);
  const scheme = tls === undefined ? 'http' : 'https';
  const url = settings.parsed('source', (text, origin) => parseAgentUrl(text, origin, scheme));
  const token = settings.parsed('tokenFile', readToken);
  return new AgentClient({
    url: url ?? `${scheme}://${defaultAddress}`,
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined ? {} : { tls }),
  });
}

/** Undefined when none of the options is given: https then believes whom Node.js does. */
function readTls(settings: Settings): ClientTls | undefined {
  const ca = settings.parsed('tlsCa', readPem);
  const cert = settings.parsed('tlsCert', readPem);
  const key = settings.parsed('tlsKey', readPem);
  if ((cert === undefined) !== (key === undefined)) {
    throw new GodwitError('E_USAGE', { problem: '--tls-cert and --tls-key need each other' });
  }
  if (ca === undefined && cert === undefined) return undefined;
  const proof = cert === undefined || key === undefined ? {} : { cert, key };
  return { ...proof, ...(ca === undefined ? {} : { ca }) };
}

function readPem(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (thrown) {
    const problem = systemCodeOf(thrown) === 'ENOENT' ? 'no such file' : problemOf(thrown);
    throw new GodwitError('E_TLS_FILE', { path, problem }, { cause: thrown });
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new GodwitError('E_TLS_FILE', { path, problem: 'it holds no PEM' });
}

/** `http://host:port` without a slash at the end; `host:port` alone gets the scheme. */
function parseAgentUrl(text: string, origin: string, scheme: 'http' | 'https'): string {
  const candidate = /^[a-z]+:\/\//i.test(text) ? text : `${scheme}://${text}`;
  const url = URL.canParse(candidate) ? new URL(candidate) : undefined;
  const plain =
    url !== undefined &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '';
  if (!plain)
    throw new GodwitError('E_BAD_VALUE', {
      name: origin,
      value: text,
      expected: `an http or https URL such as http://${DEFAULT_SOURCE}`,
    });
  return url.origin + url.pathname.replace(/\/+$/, '');
}

function readToken(path: string): string {
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch (thrown) {
    const problem = systemCodeOf(thrown) === 'ENOENT' ? 'no such file' : problemOf(thrown);
    throw new GodwitError('E_TOKEN_FILE', { path, problem }, { cause: thrown });
  }
  // Printable ASCII without blanks is what a header can carry.
  if (token.length < TOKEN_CHARACTERS_MINIMUM || !/^[\x21-\x7e]+$/.test(token)) {
    throw new GodwitError('E_TOKEN_FILE', { path, problem: 'not a token' });
  }
  return token;
}
