/**
 * Checks of single header values: each answers undefined, or what is wrong. Chained with `??`, the
 * first problem wins and a good header allocates nothing.
 */
import { GodwitError } from '@godwit/errors';
import { LIMITS } from './limits.js';

export type Problem = string | undefined;

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const UINT32_MAXIMUM = 2 ** 32 - 1;

/** An offset, size, sequence number or epoch: an integer from 0 to 2^53 - 1. */
export function count(field: string, value: number): Problem {
  return Number.isSafeInteger(value) && value >= 0
    ? undefined
    : `${field} is ${value}, not an integer from 0 to 2^53 - 1`;
}

/** An integer from `minimum` to `maximum`. */
export function within(field: string, value: number, minimum: number, maximum: number): Problem {
  return Number.isInteger(value) && value >= minimum && value <= maximum
    ? undefined
    : `${field} is ${value}, not an integer from ${minimum} to ${maximum}`;
}

/** What a uint32 or fixed32 of protobuf can carry. Decoded ones always are; encoding would cut others. */
export function uint32(field: string, value: number): Problem {
  return value >>> 0 === value ? undefined : `${field} is ${value}, not an integer from 0 to ${UINT32_MAXIMUM}`;
}

/** A duration or rate. */
export function finite(field: string, value: number): Problem {
  return Number.isFinite(value) ? undefined : `${field} is ${value}, not a finite number`;
}

/** Text of at most `maximum` UTF-16 units. */
export function text(field: string, value: string, maximum: number = LIMITS.textCharacters): Problem {
  if (typeof value !== 'string') return `${field} is no text`;
  return value.length <= maximum
    ? undefined
    : `${field} has ${value.length} characters; at most ${maximum} are accepted`;
}

/** An image name; it becomes a file name, so nothing else is let through. */
export function imageName(field: string, value: string): Problem {
  return NAME.test(value) ? undefined : `${field} is no image name`;
}

/** One word of a few. */
export function oneOf(field: string, value: string, accepted: readonly string[]): Problem {
  return accepted.includes(value) ? undefined : `${field} is none of ${accepted.join(', ')}`;
}

/** The same while decoding, where the word has to become one of the type: throws E_PROTOCOL instead. */
export function choice<T extends string>(field: string, value: string, accepted: readonly T[]): T {
  const found = accepted.find((word) => word === value);
  if (found === undefined) {
    throw new GodwitError('E_PROTOCOL', { problem: `${field} is none of ${accepted.join(', ')}` });
  }
  return found;
}

/** A list of `minimum` to `maximum` items that are all good. */
export function list<T>(
  field: string,
  items: readonly T[],
  [minimum, maximum]: readonly [number, number],
  check: (field: string, item: T) => Problem,
): Problem {
  if (items.length < minimum || items.length > maximum) {
    return `${field} has ${items.length} items, not ${minimum} to ${maximum}`;
  }
  for (const item of items) {
    const problem = check(field, item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

export function distinct(field: string, names: readonly string[]): Problem {
  return new Set(names).size === names.length ? undefined : `${field} names an image twice`;
}

/** A byte range inside the largest image, of 1 to `maximum` bytes. */
export function range(offset: number, length: number, maximum: number): Problem {
  return (
    count('offset', offset) ??
    within('length', length, 1, maximum) ??
    (offset + length <= LIMITS.imageBytes
      ? undefined
      : `offset ${offset} + length ${length} is beyond the largest image`)
  );
}
