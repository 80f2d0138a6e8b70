import type { Cell, Table } from './item';

/** A script for SQLite: the table, and one INSERT per row, in one transaction. */
export function toSql({ target, columns, rows }: Table): string {
  const table = identifier(target);
  const names = columns.map(identifier).join(', ');
  const inserts = rows.map((row) => `INSERT INTO ${table} (${names}) VALUES (${row.map(literal).join(', ')});\n`);
  return `BEGIN;\nCREATE TABLE IF NOT EXISTS ${table} (${names});\n${inserts.join('')}COMMIT;\n`;
}

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function literal(cell: Cell): string {
  if (cell === null) return 'NULL';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : 'NULL';
  if (typeof cell === 'boolean') return cell ? '1' : '0';
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
  // SQL text ends at a NUL (sqlite.org/nulinstr.html), so a text with one is given as its bytes.
  if (text.includes('\0')) return `CAST(X'${Buffer.from(text).toString('hex')}' AS TEXT)`;
  return `'${text.replaceAll("'", "''")}'`;
}
