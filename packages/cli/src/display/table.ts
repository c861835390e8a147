import { columnsOf, fit } from './text.js';

/** A column of a table: how it is headed, how a row fills it, and how soon it goes when room is short. */
export interface Column<Row> {
  readonly head: string;
  readonly align: 'left' | 'right';
  /** Columns with the highest number are left out first; 0 is never left out. */
  readonly dropOrder: number;
  cell(row: Row): string;
}

const GAP = '  ';

/**
 * Lines of a table no wider than `width` columns, head first. Whole columns are left out before any
 * text is cut; the last resort is to cut the line.
 */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string[] {
  let shown = columns.map((column) => laidOut(column, rows));
  while (totalWidth(shown) > width) {
    const worst = Math.max(...shown.map((column) => column.dropOrder));
    if (worst === 0) break;
    shown = shown.filter((column) => column.dropOrder !== worst);
  }
  const lines: string[] = [];
  for (let index = 0; index <= rows.length; index++) {
    const line = shown.map((column) => pad(column.cells[index] ?? '', column.width, column.align)).join(GAP);
    lines.push(fit(line.trimEnd(), width));
  }
  return lines;
}

interface LaidOut {
  readonly cells: readonly string[];
  readonly width: number;
  readonly align: 'left' | 'right';
  readonly dropOrder: number;
}

function laidOut<Row>(column: Column<Row>, rows: readonly Row[]): LaidOut {
  const cells = [column.head, ...rows.map((row) => column.cell(row))];
  return { cells, width: Math.max(...cells.map(columnsOf)), align: column.align, dropOrder: column.dropOrder };
}

function totalWidth(columns: readonly LaidOut[]): number {
  return columns.reduce((sum, column) => sum + column.width, GAP.length * Math.max(0, columns.length - 1));
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - columnsOf(text)));
  return align === 'left' ? text + space : space + text;
}
