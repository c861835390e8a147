import { join } from 'node:path';
import { GodwitError } from '@godwit/errors';
import type { Command } from 'commander';
import { createLogger } from '../logging/logger.js';
import type { DestinationOptions, RunningAgent } from './agentOptions.js';
import { defineDaemon } from './daemonCommand.js';
import {
  addressOption,
  HOOK_TIMEOUT,
  hookOption,
  LOG_LEVEL,
  PEER_TIMEOUT,
  STATE_DIR,
  TOKEN_FILE,
} from './daemonOptions.js';
import { NBD_OPTIONS, NBD_WAIT, readNbdOptions } from './nbdOptions.js';
import { asText, optionalOption, requiredOption } from './option.js';
import type { OptionValues } from './optionValues.js';
import { INSECURE, readTls, requireTlsBeyondLoopback } from './tlsOptions.js';
import { readToken, requireTokenBeyondLoopback } from './token.js';

const DIR = requiredOption({
  flag: '--dir',
  placeholder: 'DIR',
  help: 'where images are assembled, as DIR/NAME.img',
  parse: asText,
});
const LISTEN = addressOption('--listen', '127.0.0.1:7400', 'where sources connect');
const API = addressOption('--api', '127.0.0.1:7401', 'where the HTTP API listens');
const ON_TAKEOVER = hookOption('--on-takeover', 'run when images are owned and served here');
const ADVERTISE = optionalOption({
  flag: '--advertise',
  placeholder: 'URL',
  help: 'URL of the HTTP API as the clients of sources reach it; made from --api when absent',
  parse: parseUrl,
});

/** What it takes to receive images, in the order of their help. */
export const RECEIVING_OPTIONS = [DIR, LISTEN, API, ...NBD_OPTIONS, NBD_WAIT, STATE_DIR, TOKEN_FILE] as const;
/** As above, behind what others add. */
export const RECEIVING_DETAILS = [ON_TAKEOVER, HOOK_TIMEOUT, PEER_TIMEOUT, LOG_LEVEL, ADVERTISE] as const;

const EXAMPLES = `Example:
  godwit dest --dir /var/lib/images
`;

/** `godwit dest`. */
export function destinationCommand(start: (options: DestinationOptions) => Promise<RunningAgent>): Command {
  return defineDaemon({
    name: 'dest',
    summary: 'Receive images, prove them equal, take over and serve them',
    examples: EXAMPLES,
    options: [...RECEIVING_OPTIONS, ...RECEIVING_DETAILS],
    start: async (values) => start(readDestinationOptions(values)),
  });
}

/** @throws GodwitError for the first value that is wrong */
export function readDestinationOptions(values: OptionValues): DestinationOptions {
  const tokenFile = values.get(TOKEN_FILE);
  const token = tokenFile === undefined ? undefined : readToken(tokenFile);
  const dir = values.get(DIR);
  const onTakeover = values.get(ON_TAKEOVER);
  const advertiseUrl = values.get(ADVERTISE);
  const listen = values.get(LISTEN);
  const api = values.get(API);
  const tls = readTls(values);
  const provesClients = tls?.peer !== undefined;
  requireTokenBeyondLoopback(listen, token, provesClients);
  requireTokenBeyondLoopback(api, token, provesClients);
  if (!values.get(INSECURE)) {
    if (!provesClients) requireTlsBeyondLoopback('taking migrations on', listen, '--tls-ca');
    if (tls === undefined) requireTlsBeyondLoopback('serving the API on', api, '--tls-cert');
  }
  return {
    dir,
    listen,
    api,
    nbd: readNbdOptions(values, values.get(NBD_WAIT), tls),
    stateDir: values.get(STATE_DIR) ?? join(dir, '.godwit'),
    peerTimeoutMs: values.get(PEER_TIMEOUT),
    hooks: { timeoutMs: values.get(HOOK_TIMEOUT), ...(onTakeover === undefined ? {} : { onTakeover }) },
    logger: createLogger(values.get(LOG_LEVEL), undefined, token === undefined ? [] : [token]),
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined ? {} : { tls }),
    ...(advertiseUrl === undefined ? {} : { advertiseUrl }),
  };
}

/** An http or https URL without its trailing slash. */
function parseUrl(text: string, name: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text.replace(/\/+$/, '');
  throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: 'a URL such as http://host:7401' });
}
