import type { CaseResult } from '../measured.js';
import type { Machine } from './machine.js';
import { remarksOf, rowsOf } from './rows.js';

/** All results as one document; `plot` is the name of the plot beside it. */
export function markdownOf(machine: Machine, results: readonly CaseResult[], plot: string): string {
  const head = [
    '# Bench',
    '',
    ...Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`),
    '',
    'Medians, lowest and highest in parentheses. Ratios are of throughput, of neighbouring runs. RSS and event-loop delay are the worst run of',
    'source / destination. How to read this: [bench/README.md](../README.md).',
    '',
    `![throughput](${plot})`,
  ];
  return `${[...head, ...results.flatMap(sectionOf)].join('\n')}\n`;
}

function sectionOf(result: CaseResult): string[] {
  const { id, place, title, figures } = result;
  return [
    '',
    `## ${id}, ${place}`,
    '',
    `${title}.`,
    '',
    ...tableOf(rowsOf(result)),
    ...(figures.length === 0 ? [] : ['', ...tableOf(figures)]),
    '',
    ...remarksOf(result).map((remark) => `- ${remark}`),
  ];
}

function tableOf(rows: readonly (readonly (string | number)[])[]): string[] {
  const [heads = [], ...rest] = rows;
  const line = (cells: readonly (string | number)[]): string => `| ${cells.map(cellOf).join(' | ')} |`;
  const rule = `|${heads.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`;
  return [line(heads), rule, ...rest.map(line)];
}

function cellOf(cell: string | number): string {
  if (typeof cell === 'string') return cell.replaceAll('|', '\\|');
  return Number.isFinite(cell) ? cell.toFixed(2) : '-';
}
