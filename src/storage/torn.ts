import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';

/**
 * Gives a database file that ends before its last page the size its head promises, with zeros: SQLite refuses to open it at all otherwise,
 * although all other pages are good. (sqlite.org/fileformat2.html, 1.3: page size at 16, pages at 28, valid when 24 equals 92.)
 */
export function padTornFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch {
    return;
  }
  try {
    const head = Buffer.alloc(100);
    if (readSync(file, head, 0, 100, 0) < 100 || head.toString('latin1', 0, 16) !== 'SQLite format 3\0') return;
    const page = head.readUInt16BE(16) === 1 ? 65_536 : head.readUInt16BE(16);
    const promised = page * head.readUInt32BE(28);
    if (head.readUInt32BE(24) === head.readUInt32BE(92) && fstatSync(file).size < promised) ftruncateSync(file, promised);
  } finally {
    closeSync(file);
  }
}
