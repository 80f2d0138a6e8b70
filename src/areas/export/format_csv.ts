import type { Cell, Table } from './item';

/** RFC 4180: a header, CRLF between records, quotes where they are needed. Tags and the like are joined by `|`. */
export const toCsv = ({ columns, rows }: Table): string => [columns, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');

function field(cell: Cell): string {
  const text = cell === null ? '' : typeof cell === 'object' ? cell.join('|') : String(cell);
  // An empty text is told from no value by its quotes.
  return /[",\r\n]|^\s|\s$/.test(text) || (text === '' && cell !== null) ? `"${text.replaceAll('"', '""')}"` : text;
}
