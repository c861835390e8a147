type Value = string | number | boolean | undefined;

/**
 * `head,name=value,...` as QEMU reads it: a comma in a value is written twice, true and false are on and off, and what is undefined
 * is left out.
 */
export function option(head: string, values: Readonly<Record<string, Value>>): string {
  const parts = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${written(value)}`],
  );
  return [head, ...parts].join(',');
}

function written(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value).replaceAll(',', ',,');
}
