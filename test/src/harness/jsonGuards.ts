/** What came over the network is believed field by field; these say what is missing when it is not there. */

type Kind = 'string' | 'number' | 'object';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object with exactly these kinds of fields at least; anything else is an error that names the field. */
export function hasFields(value: unknown, fields: Readonly<Record<string, Kind>>, what: string): boolean {
  if (!isRecord(value)) throw new Error(`${what} is no object: ${JSON.stringify(value)}`);
  for (const [name, kind] of Object.entries(fields)) {
    if (typeof value[name] !== kind) throw new Error(`${what} has no ${kind} "${name}": ${JSON.stringify(value)}`);
  }
  return true;
}

/** A JSON text as an unknown. */
export function parseJson(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  return parsed;
}

/** A list whose every item passes the guard. */
export function listOf<Item>(value: unknown, isItem: (item: unknown) => item is Item, what: string): Item[] {
  if (!Array.isArray(value)) throw new Error(`a list of ${what} was expected: ${JSON.stringify(value)}`);
  const items: unknown[] = value;
  return items.filter(isItem);
}
