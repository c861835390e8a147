/** Colours, or nothing at all. Painted text takes the same room on a terminal as the plain one. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
}

const ESCAPE = '\u001b[';

function sgr(code: number): (text: string) => string {
  return (text) => (text === '' ? '' : `${ESCAPE}${code}m${text}${ESCAPE}0m`);
}

const COLOURED: Paint = { bold: sgr(1), dim: sgr(2), green: sgr(32), red: sgr(31) };
const same = (text: string): string => text;

/** Text as it is. */
export const PLAIN_PAINT: Paint = { bold: same, dim: same, green: same, red: same };

/** Colour on a terminal, unless NO_COLOR is set to anything (no-color.org) or TERM is `dumb`. */
export function choosePaint(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Paint {
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return isTerminal && !refused ? COLOURED : PLAIN_PAINT;
}
