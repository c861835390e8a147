// Links in documents that lead to no file.
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { join } from 'node:path/posix';
import { root } from './files.mjs';

const LINK = /\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g;

/** Relative links of every markdown file whose target does not exist; anchors are checked within their document. */
export function findBrokenLinks(files) {
  const byName = new Map(files.map((entry) => [entry.file, entry]));
  return files
    .filter(({ file }) => file.endsWith('.md'))
    .flatMap(({ file, lines }) => withoutCode(lines).flatMap((line, index) => judge(file, line, index + 1, byName)));
}

/** Lines inside fences become empty, so that line numbers stay. */
function withoutCode(lines) {
  let fenced = false;
  return lines.map((line) => {
    const isFence = /^\s*(?:```|~~~)/.test(line);
    if (isFence) fenced = !fenced;
    return fenced || isFence ? '' : line.replace(/`[^`]*`/g, '');
  });
}

function judge(file, line, number, byName) {
  return [...line.matchAll(LINK)].flatMap(([, target]) => {
    if (/^[a-z]+:/i.test(target)) return [];
    const [path, anchor] = decodeURI(target).split('#');
    const wanted = path === '' ? file : posix.join(posix.dirname(file), path);
    if (!existsSync(join(root, wanted))) {
      return [{ rule: 'broken-link', file, line: number, message: `${target} leads to no file` }];
    }
    const document = byName.get(wanted);
    if (!anchor || !wanted.endsWith('.md') || document === undefined || anchors(document).has(anchor)) return [];
    return [{ rule: 'broken-link', file, line: number, message: `no heading for #${anchor} in ${wanted}` }];
  });
}

/** Headings as the usual hosts turn them into anchors. */
function anchors({ lines }) {
  const headings = lines.filter((line) => /^#{1,6}\s/.test(line)).map((line) => line.replace(/^#+\s+/, ''));
  return new Set(
    headings.map((text) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}
