import type { Table } from './item';

/** An array of objects, one per row, in a form people can read. */
export function toJson({ columns, rows }: Table): string {
  if (rows.length === 0) return '[]\n';
  const lines = rows.map((row) => JSON.stringify(Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null]))));
  return `[\n  ${lines.join(',\n  ')}\n]\n`;
}
