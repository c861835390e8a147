/** Options that both daemons have; sourceCommand and destinationCommand add their own. */
import { GodwitError } from '@godwit/errors';
import { parseAddress } from '../units/address.js';
import { parseDuration } from '../units/duration.js';
import { asText, option, optionalOption } from './option.js';

/** A longer one would overflow the timers of Node.js and fire at once. */
const LONGEST_TIMER_MS = 500 * 3_600_000;

export const TOKEN_FILE = optionalOption({
  flag: '--token-file',
  placeholder: 'FILE',
  help: 'file with the token that clients and the peer must present; needed beyond loopback',
  parse: asText,
});
export const HOOK_TIMEOUT = option({
  flag: '--hook-timeout',
  placeholder: 'DURATION',
  help: 'time after which a hook is killed and counts as failed',
  fallback: '30s',
  parse: parsePositiveDuration,
});
export const PEER_TIMEOUT = option({
  flag: '--peer-timeout',
  placeholder: 'DURATION',
  help: 'silence after which the peer counts as lost',
  fallback: '10s',
  parse: parsePositiveDuration,
});
export const LOG_LEVEL = option({
  flag: '--log-level',
  placeholder: 'LEVEL',
  help: 'trace, debug, info, warn, error or silent; JSON lines on stderr',
  fallback: 'info',
  parse: asText,
});
export const STATE_DIR = optionalOption({
  flag: '--state-dir',
  placeholder: 'DIR',
  help: 'where ownership records are kept; must survive a restart',
  parse: asText,
});

/** `--listen` and `--api` differ in their defaults and in who connects. */
export function addressOption(flag: `--${string}`, fallback: string, help: string) {
  return option({ flag, placeholder: 'HOST:PORT', help, fallback, parse: parseAddress });
}

/** A command of the user's, run with GODWIT_* variables. */
export function hookOption(flag: `--${string}`, help: string) {
  return optionalOption({ flag, placeholder: 'COMMAND', help, parse: asText });
}

/** @throws GodwitError E_BAD_VALUE naming `name` */
export function parsePositiveDuration(text: string, name: string): number {
  const ms = parseDuration(text, name);
  if (ms > 0 && ms <= LONGEST_TIMER_MS) return ms;
  throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: 'a duration from 1ms to 500h' });
}
