/** Throughput as bars, in SVG written by hand: one group a case, one bar a contender, the ratio beside it. */
import { type CaseResult, type Line, megabytesPerSec } from '../measured.js';
import { median } from '../statistics.js';

const WIDTH = 900;
const NAME_WIDTH = 260;
const BAR_WIDTH = WIDTH - NAME_WIDTH - 190;
const BAR_HEIGHT = 18;
const GAP = 6;
const TITLE_HEIGHT = 30;
const OWN = '#2b6cb0';
const OTHER = '#a0aec0';

/** Bars are relative to the base of their case, which is the line at 1. */
export function plotOf(results: readonly CaseResult[]): string {
  const shown = results.filter(({ lines }) => lines.some(({ runs }) => runs.length > 0));
  let top = GAP;
  const groups = shown.map((result) => {
    const group = groupOf(result, top);
    top += heightOf(result);
    return group;
  });
  const size = `width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">
<title>Throughput of each contender in each case</title>
<rect width="100%" height="100%" fill="white"/>
${groups.join('\n')}
</svg>
`;
}

function heightOf({ lines }: CaseResult): number {
  return TITLE_HEIGHT + runLines(lines).length * (BAR_HEIGHT + GAP) + GAP * 2;
}

function runLines(lines: readonly Line[]): Line[] {
  return lines.filter(({ runs }) => runs.length > 0);
}

function groupOf(result: CaseResult, top: number): string {
  const lines = runLines(result.lines);
  const rates = lines.map(({ runs }) => median(runs.map(megabytesPerSec)));
  const base = lines.findIndex(({ name }) => name === result.base);
  const unit = rates[base];
  const scale = BAR_WIDTH / Math.max(...rates);
  const bars = lines.map(({ name }, index) => {
    const rate = rates[index] ?? 0;
    const y = top + TITLE_HEIGHT + index * (BAR_HEIGHT + GAP);
    const width = Math.max(1, rate * scale).toFixed(1);
    const ratio = unit === undefined ? '' : `  ${(rate / unit).toFixed(2)}x`;
    const text = `${rate.toFixed(rate < 10 ? 1 : 0)} MB/s${ratio}`;
    return [
      `<text x="${NAME_WIDTH - 8}" y="${y + 13}" text-anchor="end">${escaped(name)}</text>`,
      `<rect x="${NAME_WIDTH}" y="${y}" width="${width}" height="${BAR_HEIGHT}" fill="${name.startsWith('godwit') ? OWN : OTHER}"/>`,
      `<text x="${(NAME_WIDTH + Number(width) + 6).toFixed(1)}" y="${y + 13}">${text}</text>`,
    ].join('\n');
  });
  const title = escaped(`${result.id}, ${result.place}: ${result.title}`);
  const marks = unit === undefined ? [] : [markAt(NAME_WIDTH + unit * scale, top + TITLE_HEIGHT - 3, lines.length)];
  return [`<text x="8" y="${top + 18}" font-weight="bold">${title}</text>`, ...bars, ...marks].join('\n');
}

/** The line at the base of the case. */
function markAt(x: number, y: number, bars: number): string {
  const bottom = y + bars * (BAR_HEIGHT + GAP);
  const at = x.toFixed(1);
  return `<line x1="${at}" y1="${y}" x2="${at}" y2="${bottom}" stroke="#c53030" stroke-dasharray="3 3"/>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
