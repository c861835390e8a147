import { readFileSync } from 'node:fs';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { AgentClient } from '../client/agentClient.js';
import type { Settings } from '../settings/settings.js';

/** The source agent's API where nothing else is said (interfaces.md). */
const DEFAULT_SOURCE = 'http://127.0.0.1:7301';
const TOKEN_CHARACTERS_MINIMUM = 16;

/** The client that `--source` and `--token-file` ask for. Throws E_BAD_VALUE, E_TOKEN_FILE. */
export function connect(settings: Settings): AgentClient {
  const url = settings.parsed('source', parseAgentUrl) ?? DEFAULT_SOURCE;
  const token = settings.parsed('tokenFile', readToken);
  return new AgentClient(token === undefined ? { url } : { url, token });
}

/** `http://host:port` without a slash at the end; `host:port` alone is taken as http. */
function parseAgentUrl(text: string, origin: string): string {
  const candidate = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
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
      expected: `an http URL such as ${DEFAULT_SOURCE}`,
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
