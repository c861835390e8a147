import { GodwitError } from '@godwit/errors';
import { DEFAULT_PATIENCE, type Patience } from '../client/follow.js';
import type { Settings } from '../settings/settings.js';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/**
 * The patience that `--patience` asks for: how long an unknown outcome or a silent agent is waited for.
 * Read here, not with the agent package's parser, so that `watch` need not load it.
 */
export function readPatience(settings: Settings): Patience {
  const ms = settings.parsed('patience', (text, origin) => {
    const [, digits, unit] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? [];
    const factor = UNITS_MS[unit ?? ''];
    if (factor !== undefined) return Number(digits) * factor;
    throw new GodwitError('E_BAD_VALUE', {
      name: origin,
      value: text,
      expected: 'a duration such as 500ms, 15s or 2m',
    });
  });
  return ms === undefined ? DEFAULT_PATIENCE : { ...DEFAULT_PATIENCE, reconnectMs: ms, outcomeMs: ms };
}
