import type { Table } from './item';
import { toText } from './format_text';

/** US Letter in points, with margins of half an inch, set in 10 point Courier (600/1000 em wide). */
const PAGE = { width: 612, height: 792, margin: 36 } as const;
const LEADING = 12;
const LINES = 57;
const COLUMNS = 90;

/**
 * A PDF 1.4 file (ISO 32000-1) of the text form: a bold title, lines wrapped at the margin, and a footer on every page. The standard font has
 * the characters of Windows-1252; any other is written as `U+XXXX`.
 */
export function toPdf(table: Table, when: string, version: string): Uint8Array {
  const lines = toText(table, when).split('\n').slice(3, -1).flatMap(wrap);
  const shown = lines.length === 0 ? ['(empty)'] : lines;
  const pages = Array.from({ length: Math.ceil(shown.length / LINES) }, (_, at) => shown.slice(at * LINES, at * LINES + LINES));
  const title = `zd export \u2014 ${table.target}`;
  const footer = (at: number) => `page ${at + 1}/${pages.length}    ${when}    zd ${version}`;
  const objects: string[] = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, at) => `${5 + at * 2} 0 R`).join(' ')}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>',
  ];
  for (const [at, page] of pages.entries()) {
    const content = contentOf(title, page, footer(at));
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${PAGE.width} ${PAGE.height}] /Contents ${6 + at * 2} 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>`,
      `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    );
  }
  return fileOf(objects);
}

/** The objects with the table of where each begins; all text is one byte per character. */
function fileOf(objects: readonly string[]): Uint8Array {
  let file = '%PDF-1.4\n%\xe2\xe3\xcf\xd3\n';
  const offsets = objects.map((object, at) => {
    const offset = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const start = file.length;
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(file, 'latin1');
}

function contentOf(title: string, lines: readonly string[], footer: string): string {
  const top = PAGE.height - PAGE.margin - 14;
  const body = lines.map((line) => `(${escaped(line)}) Tj T*`).join('\n');
  return [
    `BT /F2 12 Tf ${PAGE.margin} ${top} Td (${escaped(title)}) Tj ET`,
    `BT /F1 10 Tf ${LEADING} TL ${PAGE.margin} ${top - 20} Td\n${body}\nET`,
    `BT /F1 8 Tf ${PAGE.margin} ${PAGE.margin - 18} Td (${escaped(footer)}) Tj ET`,
  ].join('\n');
}

function wrap(line: string): string[] {
  const text = Array.from(line, winAnsi);
  const rows: string[] = [];
  let row = '';
  for (const piece of text) {
    if (row.length + piece.length > COLUMNS) rows.push(row);
    row = row.length + piece.length > COLUMNS ? piece : row + piece;
  }
  return [...rows, row];
}

/** 0x80 to 0x9f of Windows-1252; the rest is as in Unicode. */
const HIGH = '€\u0000‚ƒ„…†‡ˆ‰Š‹Œ\u0000Ž\u0000\u0000‘’“”•–—˜™š›œ\u0000žŸ';

/** The character as one byte of Windows-1252, or its name. */
function winAnsi(char: string): string {
  const code = char.codePointAt(0)!;
  if ((code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code <= 0xff)) return char;
  const high = HIGH.indexOf(char);
  return high >= 0 && code !== 0 ? String.fromCharCode(0x80 + high) : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** A literal string (ISO 32000-1, 7.3.4.2). Bytes of Windows-1252 stay as they are. */
const escaped = (text: string): string =>
  Array.from(text, (char) => (/[\u0080-\u009f]/.test(char) ? char : winAnsi(char)))
    .join('')
    .replace(/[\\()]/g, '\\$&');
