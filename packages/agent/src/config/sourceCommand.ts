import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createLogger } from '../logging/logger.js';
import type { RunningAgent, SourceOptions } from './agentOptions.js';
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
import { parseImageSpec } from './imageSpec.js';
import { NBD_OPTIONS, readNbdOptions } from './nbdOptions.js';
import { asText, listOption } from './option.js';
import type { OptionValues } from './optionValues.js';
import { INSECURE, readTls, requireTlsBeyondLoopback } from './tlsOptions.js';
import { readToken, requireTokenBeyondLoopback } from './token.js';

export const IMAGE = listOption({
  flag: '--image',
  placeholder: 'NAME=PATH',
  help: 'image to serve, with ,kind=disk|memory or ,block=64K behind it if need be; repeat for several',
  parse: parseImageSpec,
});
export const ALLOW_ROOT = listOption({
  flag: '--allow-root',
  placeholder: 'DIR',
  help: 'clients of the API may have images below it opened, and no others; repeat for several; without it all on loopback, none beyond',
  parse: asText,
});
const LISTEN = addressOption('--listen', '127.0.0.1:7301', 'where the HTTP API listens');
export const ON_FREEZE = hookOption(
  '--on-freeze',
  'run when writes are held for the switch; a failure cancels the migration',
);
export const ON_RELEASE = hookOption(
  '--on-release',
  'run when the destination has taken over, or the workload goes on here (GODWIT_OUTCOME=moved|resumed)',
);

const EXAMPLES = `Example:
  godwit source --image vm=/var/lib/vm.img
  godwit migrate vm --to other-host:7400
`;

/** `godwit source`. */
export function sourceCommand(start: (options: SourceOptions) => Promise<RunningAgent>): Command {
  return defineDaemon({
    name: 'source',
    summary: 'Serve images that a workload writes to, and migrate them',
    examples: EXAMPLES,
    options: [
      IMAGE,
      ALLOW_ROOT,
      LISTEN,
      ...NBD_OPTIONS,
      STATE_DIR,
      TOKEN_FILE,
      ON_FREEZE,
      ON_RELEASE,
      HOOK_TIMEOUT,
      PEER_TIMEOUT,
      LOG_LEVEL,
    ],
    start: async (values) => start(readSourceOptions(values)),
  });
}

/** @throws GodwitError for the first value that is wrong */
function readSourceOptions(values: OptionValues): SourceOptions {
  const tokenFile = values.get(TOKEN_FILE);
  const token = tokenFile === undefined ? undefined : readToken(tokenFile);
  const onFreeze = values.get(ON_FREEZE);
  const onRelease = values.get(ON_RELEASE);
  const listen = values.get(LISTEN);
  const tls = readTls(values);
  const insecure = values.get(INSECURE);
  requireTokenBeyondLoopback(listen, token, tls?.peer !== undefined);
  if (tls === undefined && !insecure) requireTlsBeyondLoopback('serving the API on', listen, '--tls-cert');
  return {
    images: values.get(IMAGE),
    allowRoots: values.get(ALLOW_ROOT),
    listen,
    nbd: readNbdOptions(values, false, tls),
    stateDir: values.get(STATE_DIR) ?? defaultStateDir(),
    peerTimeoutMs: values.get(PEER_TIMEOUT),
    hooks: {
      timeoutMs: values.get(HOOK_TIMEOUT),
      ...(onFreeze === undefined ? {} : { onFreeze }),
      ...(onRelease === undefined ? {} : { onRelease }),
    },
    logger: createLogger(values.get(LOG_LEVEL), undefined, token === undefined ? [] : [token]),
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined ? {} : { tls }),
    ...(insecure ? { insecure } : {}),
  };
}

/** By the XDG base directory specification, which says that a relative value must be ignored. */
function defaultStateDir(): string {
  const fromEnvironment = process.env.XDG_STATE_HOME ?? '';
  const base = fromEnvironment.startsWith('/') ? fromEnvironment : join(homedir(), '.local', 'state');
  return join(base, 'godwit', 'source');
}
