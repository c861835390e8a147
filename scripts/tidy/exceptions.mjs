/**
 * Where a rule makes a file worse: { rule, file, reason }, for the whole file. An entry that excuses
 * nothing any more is reported, so this list can only shrink by itself.
 */
export const EXCEPTIONS = [];
