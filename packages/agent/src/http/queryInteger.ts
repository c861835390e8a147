import { GodwitError } from '@godwit/errors';
import { type TString, Type } from '@godwit/schema';

const DIGITS = /^\d{1,16}$/;
const EXPECTED = 'a whole number of bytes, 0 or more';

/** A query parameter that `readInteger` reads; kept as text so that `1e3` is refused, not understood. */
export function integerParameter(description: string): TString {
  return Type.String({ description: `${description} (${EXPECTED})` });
}

/**
 * A whole number out of a query string; `fallback` when it is absent.
 *
 * @throws GodwitError E_BAD_VALUE naming the parameter
 */
export function readInteger(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = DIGITS.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: EXPECTED });
  return value;
}
