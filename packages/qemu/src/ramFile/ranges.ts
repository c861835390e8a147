/** Bytes of a memory's file. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** The words that parseRanges reads back. */
export function formatRanges(ranges: readonly Range[]): string {
  return ranges.map(({ offset, length }) => `${offset}+${length}`).join(' ');
}

/** @throws Error for a word that is no range */
export function parseRanges(words: readonly string[]): Range[] {
  return words.map((word) => {
    const [, offset, length] = /^(\d{1,16})\+(\d{1,16})$/.exec(word) ?? [];
    if (offset === undefined || length === undefined) throw new Error(`"${word.slice(0, 40)}" is no range`);
    return { offset: Number(offset), length: Number(length) };
  });
}
