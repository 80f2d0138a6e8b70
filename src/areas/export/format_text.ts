import type { Cell, Table } from './item';

/** For a person: `key = value` where there are two columns, fields between tabs where there are more. A row is one line, whatever it holds. */
export function toText({ target, columns, rows }: Table, when: string): string {
  const line = (row: readonly Cell[]) => row.map(shown).join(columns.length === 2 ? ' = ' : '\t');
  const head = [`# zd export: ${target}`, `# ${when}, ${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`, ''];
  const titles = columns.length === 2 ? [] : [columns.join('\t')];
  return `${[...head, ...titles, ...rows.map(line)].join('\n')}\n`;
}

const NAMES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

/** Control characters are shown, not sent: a terminal would obey them. */
function shown(cell: Cell): string {
  if (cell === null) return '-';
  const text = typeof cell === 'object' ? cell.join(' ') : String(cell);
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (char) => NAMES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
