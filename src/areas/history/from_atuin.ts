import { Database } from 'bun:sqlite';
import type { FileEntry } from './from_zsh';
import { MAX_LINE_BYTES, type Reading } from './file_lines';

const PAGE = 1000;

interface Row {
  readonly rowid: number;
  readonly ms: number | null;
  readonly duration_ms: number | null;
  readonly exit: number | null;
  readonly command: unknown;
  readonly cwd: unknown;
  readonly session: unknown;
  readonly hostname: unknown;
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' && value !== 'unknown' ? value.slice(0, 4096) : null);

/** atuin's `history.db`, opened to read only. A row that makes no sense is left out, as atuin itself does, and does not end the import. */
export async function* fromAtuin(path: string, reading: Reading): AsyncGenerator<FileEntry> {
  using db = new Database(path, { readonly: true });
  const columns = new Set((db.query("SELECT name FROM pragma_table_info('history')").all() as { name: string }[]).map(({ name }) => name));
  if (!columns.has('command') || !columns.has('timestamp')) throw new Error('it has no table `history` as atuin makes it');
  const kept = columns.has('deleted_at') ? 'AND deleted_at IS NULL' : '';
  const page = db.query<Row, [number]>(
    `SELECT rowid, timestamp / 1000000 AS ms, CASE WHEN duration >= 0 THEN duration / 1000000 END AS duration_ms, exit, command, cwd, session, hostname
     FROM history WHERE rowid > ? ${kept} ORDER BY rowid LIMIT ${PAGE}`,
  );
  for (let from = -1; ;) {
    const rows = page.all(from);
    for (const { ms, duration_ms: durationMs, exit, command, cwd, session, hostname } of rows) {
      if (typeof command !== 'string' || command.trim() === '' || typeof ms !== 'number' || ms <= 0 || ms >= 8e12) continue;
      const bytes = Buffer.byteLength(command);
      reading.bytes += bytes;
      if (bytes > MAX_LINE_BYTES) {
        reading.tooLong++;
        continue;
      }
      yield {
        ...{ line: command, ts: ms, cwd: text(cwd), sessid: text(session), hostname: text(hostname)?.replace(/:.*/s, '') ?? null },
        // -1 is what atuin writes for what it does not know.
        exitCode: typeof exit === 'number' && exit >= 0 ? exit : null,
        durationMs: typeof durationMs === 'number' && durationMs >= 0 ? durationMs : null,
      };
    }
    if (rows.length < PAGE) return;
    from = rows.at(-1)!.rowid;
  }
}
