/** Columns of one character that takes two: CJK, full width forms, emoji (Unicode TR 11, the common ranges). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;
/** What moves the cursor or changes the terminal: C0, DEL, C1, and the separators that some terminals break lines at. */
const CONTROL = /[\p{Cc}\u2028\u2029]+/gu;

/** How many terminal columns `text` takes; it must hold no control characters. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += WIDE.test(character) ? 2 : 1;
  return columns;
}

/** One line without control characters, so that what an agent or a path says cannot steer the terminal. */
export function oneLine(text: string): string {
  return text.replace(CONTROL, ' ').trim();
}

/** `text`, or its beginning and `...` when it is wider than `width` columns. */
export function fit(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  const room = Math.max(0, width - 3);
  let kept = '';
  let columns = 0;
  for (const character of text) {
    columns += columnsOf(character);
    if (columns > room) break;
    kept += character;
  }
  return kept + '...'.slice(0, Math.min(3, width));
}

/** Joins the parts that are not empty with two spaces, leaving out from the end those that do not fit. */
export function joinFitting(parts: readonly string[], width: number): string {
  const present = parts.filter((part) => part !== '');
  let line = fit(present[0] ?? '', width);
  for (const part of present.slice(1)) {
    const longer = `${line}  ${part}`;
    if (columnsOf(longer) > width) break;
    line = longer;
  }
  return line;
}

/** `text` in lines of at most `width` columns, broken at spaces, the second and later ones indented. */
export function wrap(text: string, width: number, indentColumns: number): string[] {
  if (columnsOf(text) <= width) return [text];
  const indent = ' '.repeat(Math.min(indentColumns, Math.floor(width / 2)));
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=\S)(?=\s)/)) {
    if (line !== '' && columnsOf(line + word) > width) {
      lines.push(fit(line, width));
      line = indent + word.trimStart();
    } else line += word;
  }
  return [...lines, fit(line, width)];
}
