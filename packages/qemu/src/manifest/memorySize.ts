const UNITS = ['', 'K', 'M', 'G', 'T'];
const STEP = 1024;

/** Bytes of `268435456`, `256M`, `4G`; K M G T are binary. Undefined for what is none. */
export function parseMemorySize(size: number | string): number | undefined {
  if (typeof size === 'number') return size;
  const [, digits, unit = ''] = /^(\d{1,15})([KMGT]?)$/.exec(size) ?? [];
  if (digits === undefined) return undefined;
  const bytes = Number(digits) * STEP ** UNITS.indexOf(unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** For parseMemorySize to read back: in the largest unit that says it without a fraction. */
export function formatMemorySize(bytes: number): string {
  let power = 0;
  while (power < UNITS.length - 1 && bytes > 0 && bytes % STEP ** (power + 1) === 0) power += 1;
  return `${bytes / STEP ** power}${UNITS[power]}`;
}
