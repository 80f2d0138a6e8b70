import type { CliHints } from '../kernel/op';
import { cell, relative } from './format';
import { commandLine } from './job_text';

export interface TableStyle {
  /** Columns of the terminal; longer lines are cut at the widest columns. */
  readonly width: number;
  readonly head: (text: string) => string;
}

type Row = Readonly<Record<string, unknown>>;

/** Relative times instead of instants, under headings without the unit they then do not have, and command lines instead of lists. */
export function forPerson(
  rows: readonly Row[],
  columns: readonly string[],
  hints: NonNullable<CliHints['table']>,
  now: number,
): { readonly rows: readonly Row[]; readonly columns: readonly string[] } {
  const isTime = (column: string) => hints.relative?.includes(column) ?? false;
  const heading = (column: string) => (isTime(column) ? column.replace(/_ns$/, '') : column);
  const shown = (column: string, value: unknown) =>
    isTime(column) ? relative(value, now) : hints.commandLine?.includes(column) && Array.isArray(value) ? commandLine(value.map(String)) : value;
  return {
    columns: columns.map(heading),
    rows: rows.map((row) => Object.fromEntries(columns.map((column) => [heading(column), shown(column, row[column])]))),
  };
}

const GAP = '  ';
const NARROWEST = 8;

/** Rows in aligned columns under a heading. Numbers stand right. */
export function table(rows: readonly Readonly<Record<string, unknown>>[], columns: readonly string[], style: TableStyle): string {
  const cells = rows.map((row) => columns.map((column) => cell(row[column], column)));
  const right = columns.map(
    (column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number' && cell(row[column], column) === String(row[column])),
  );
  const widths = columns.map((column, at) => Math.max(Bun.stringWidth(column), ...cells.map((line) => Bun.stringWidth(line[at]!))));
  shrink(widths, style.width - GAP.length * (columns.length - 1));
  const line = (parts: readonly string[], paint: (text: string) => string): string =>
    parts
      .map((text, at) => {
        const fitted = fit(text, widths[at]!);
        const room = ' '.repeat(Math.max(0, widths[at]! - Bun.stringWidth(fitted)));
        return right[at] ? room + paint(fitted) : paint(fitted) + (at === parts.length - 1 ? '' : room);
      })
      .join(GAP);
  return [
    line(
      columns.map((column) => column.toUpperCase().replaceAll('_', ' ')),
      style.head,
    ),
    ...cells.map((each) => line(each, (text) => text)),
  ]
    .map((each) => `${each}\n`)
    .join('');
}

/** `name  value` lines. */
export function fields(record: Readonly<Record<string, unknown>>, style: TableStyle): string {
  const names = Object.keys(record);
  const width = Math.max(0, ...names.map((name) => Bun.stringWidth(name)));
  return names
    .map((name) => {
      const value = cell(record[name], name);
      const room = value === '' ? '' : `${' '.repeat(width - Bun.stringWidth(name))}${GAP}${value}`;
      return `${style.head(name)}${room}\n`;
    })
    .join('');
}

function shrink(widths: number[], room: number): void {
  for (;;) {
    const over = widths.reduce((sum, width) => sum + width, 0) - room;
    const widest = Math.max(...widths);
    if (over <= 0 || widest <= NARROWEST) return;
    const second = Math.max(NARROWEST, ...widths.filter((width) => width < widest));
    widths[widths.lastIndexOf(widest)] = Math.max(second, widest - over, NARROWEST) === widest ? widest - 1 : Math.max(second, widest - over);
  }
}

function fit(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += Bun.stringWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
