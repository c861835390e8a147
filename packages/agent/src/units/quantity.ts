import { GodwitError } from '@godwit/errors';

/** A unit and what one of it is worth in the base unit (bytes, bytes a second, milliseconds). */
export type UnitTable = Readonly<Record<string, number>>;

const QUANTITY = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*(?:\/s)?)$/;

/** One kind of quantity: how it is named in errors, its units, and what a bare number is worth. */
export interface QuantityKind {
  readonly units: UnitTable;
  readonly expected: string;
}

/**
 * Reads a non-negative number with a unit into whole base units. A result that a double cannot hold
 * exactly is refused rather than rounded to something nobody wrote.
 *
 * @throws GodwitError E_BAD_VALUE naming `name`
 */
export function parseQuantity(text: string, name: string, kind: QuantityKind): number {
  const [, digits, unit] = QUANTITY.exec(text.trim()) ?? [];
  const factor = unit !== undefined && Object.hasOwn(kind.units, unit) ? kind.units[unit] : undefined;
  // A part of a byte or of a millisecond is a forgotten unit, not a wish to be rounded.
  const fraction = digits?.includes('.') && factor !== undefined && factor <= 1;
  const value = factor === undefined || fraction ? Number.NaN : Math.round(Number(digits) * factor);
  if (!Number.isSafeInteger(value))
    throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: kind.expected });
  return value;
}

/**
 * Writes `value` in the largest unit of which it is at least one, with at most three digits before
 * rounding hides anything; `exact` keeps to units that divide it, so that parsing gives it back.
 */
export function formatQuantity(value: number, units: readonly (readonly [string, number])[], exact: boolean): string {
  const fits = units.find(([, factor]) => value >= factor && (!exact || value % factor === 0)) ?? units.at(-1);
  if (fits === undefined) throw new Error('a quantity needs at least one unit');
  const [unit, factor] = fits;
  const scaled = value / factor;
  const digits = exact || scaled >= 100 || Number.isInteger(scaled) ? 0 : 1;
  return `${exact ? String(scaled) : scaled.toFixed(digits)}${unit}`;
}
