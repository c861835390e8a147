import { readFileSync } from 'node:fs';
import { GodwitError, problemOf } from '@godwit/errors';
import type { FoundText, OptionDefinition } from './option.js';

/** The values of a configuration file by key, checked to be texts. */
export type ConfigValues = ReadonlyMap<string, readonly FoundText[]>;

/**
 * Reads a JSON configuration file: an object whose keys are options in camel case.
 *
 * @throws GodwitError E_CONFIG when it cannot be read, is no such object or has a key that is no option
 */
export function readConfigFile(path: string, definitions: readonly OptionDefinition<unknown>[]): ConfigValues {
  const values = new Map<string, readonly FoundText[]>();
  for (const [key, value] of Object.entries(readObject(path))) {
    const definition = definitions.find((candidate) => candidate.key === key);
    if (definition === undefined) {
      const known = definitions.map((candidate) => candidate.key).join(', ');
      throw problem(path, `unknown key "${key}"; known are ${known}`);
    }
    values.set(key, textsOf(path, definition, value));
  }
  return values;
}

function readObject(path: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    throw problem(path, problemOf(thrown), thrown);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw problem(path, 'not a JSON object');
  return parsed;
}

function textsOf(path: string, definition: OptionDefinition<unknown>, value: unknown): FoundText[] {
  const { key } = definition;
  const items: unknown[] = Array.isArray(value) && definition.repeatable ? value : [value];
  return items.map((item) => {
    if (typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean') {
      return { text: String(item), name: `"${key}" in ${path}` };
    }
    throw problem(path, `"${key}" must be a text${definition.repeatable ? ' or a list of texts' : ' or a number'}`);
  });
}

function problem(path: string, what: string, cause?: unknown): GodwitError {
  return new GodwitError('E_CONFIG', { path, problem: what }, { cause });
}
