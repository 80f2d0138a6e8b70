import type { Cell, Table } from './item';

/** YAML 1.2. Every text is in double quotes: what is a scalar of another type, a comment or a line break elsewhere is text here. */
export function toYaml({ target, columns, rows }: Table): string {
  const lines = rows.map((row) => columns.map((column, at) => `${at === 0 ? '  - ' : '    '}${column}: ${scalar(row[at] ?? null)}`).join('\n'));
  return `subsystem: ${scalar(target)}\nrows:${rows.length === 0 ? ' []' : ''}\n${lines.map((line) => `${line}\n`).join('')}`;
}

/**
 * JSON is YAML 1.2, but for what a YAML reader may take for a line break or not take at all (YAML 1.2.2, 5.1 and 5.4).
 */
const scalar = (cell: Cell): string =>
  JSON.stringify(cell).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
