import type { Database, SQLQueryBindings } from 'bun:sqlite';

/** How many of the newest rows are looked at: what a crash or a torn write damages stands at the end. */
const EXAMINED = 100;
const BATCH = 200;

/** Whether the newest rows of the log can be read and stand in order. */
export function isReadable(db: Database): boolean {
  try {
    const seqs = db.query(`SELECT seq FROM event ORDER BY seq DESC LIMIT ${EXAMINED}`).values();
    db.query(`SELECT max(length(data)), max(log_bytes) FROM (SELECT data, log_bytes FROM event ORDER BY seq DESC LIMIT ${EXAMINED})`).values();
    return seqs.every(([seq], at) => Number(seq) >= 1 && (at === 0 || Number(seq) < Number(seqs[at - 1]![0])));
  } catch (error) {
    if (isCorrupt(error)) return false;
    throw error;
  }
}

const isCorrupt = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^SQLITE_(CORRUPT|CONSTRAINT|MISMATCH|IOERR_SHORT_READ)/.test(String(error.code));

/**
 * Builds the table of events anew from the rows that can still be read, up to a number. The old one is put aside under another name:
 * SQLite neither walks nor frees its damaged pages.
 */
export function salvage(db: Database, upTo: number): void {
  const schema = db.query("SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = 'event' AND sql IS NOT NULL").all() as {
    type: string;
    name: string;
    sql: string;
  }[];
  const [table, indexes] = [schema.find(({ type }) => type === 'table')!, schema.filter(({ type }) => type === 'index')];
  // Of a salvage that was cut short.
  db.run('DROP TABLE IF EXISTS event_salvaged');
  db.run(table.sql.replace(/^CREATE TABLE "?event"?/, 'CREATE TABLE event_salvaged'));
  copy(db, upTo);
  db.transaction(() => {
    const { count } = db.query("SELECT count(*) AS count FROM sqlite_schema WHERE name GLOB 'event_damaged_*'").get() as { count: number };
    db.run(`ALTER TABLE event RENAME TO event_damaged_${count + 1}`);
    db.run('ALTER TABLE event_salvaged RENAME TO event');
    // The old table keeps its indexes under their names.
    for (const { name, sql } of indexes) db.run(sql.replace(name, `event_${count + 1}_${name}`));
    db.run(
      `UPDATE event_kind SET (count, bytes) = (
         SELECT count(*), coalesce(sum(octet_length(data) + octet_length(topic) + octet_length(event.kind || scope || source) + 40), 0)
         FROM event WHERE event.kind = event_kind.kind AND expires_at IS NOT 0)`,
    );
  }).immediate();
}

type Values = SQLQueryBindings[];

/** Reads stand outside of every transaction: one that meets a damaged page can only be taken back. */
function copy(db: Database, upTo: number): void {
  const many = db.query(`SELECT * FROM event WHERE seq > ?1 AND seq <= ?2 AND json_valid(data) ORDER BY seq LIMIT ${BATCH}`);
  const one = db.query('SELECT * FROM event WHERE seq = ? AND json_valid(data)');
  const put = db.query(`INSERT OR IGNORE INTO event_salvaged VALUES (${many.columnNames.map(() => '?').join(', ')})`);
  const store = db.transaction((rows: Values[]) => rows.forEach((row) => attempt(() => put.run(...row))));
  const seqOf = (row: Values) => Number(row[many.columnNames.indexOf('seq')]);
  for (let after = 0; after < upTo;) {
    const read = attempt(() => many.values(after, upTo) as Values[]);
    const rows = read?.filter((row, at) => seqOf(row) > (at === 0 ? after : seqOf(read[at - 1]!)));
    if (read?.length === 0) return;
    if (rows && rows.length === read!.length) {
      store(rows);
      after = seqOf(rows.at(-1)!);
      continue;
    }
    // A page in this stretch is damaged: what stands on others is still found by its number.
    const found: Values[] = [];
    for (const end = Math.min(after + BATCH, upTo); after < end;) {
      const seq = ++after;
      found.push(...(attempt(() => one.values(seq) as Values[]) ?? []).filter((row) => seqOf(row) === seq));
    }
    store(found);
  }
}

/** Null when what is read is damaged, or what is written is no event. */
function attempt<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (isCorrupt(error)) return null;
    throw error;
  }
}
