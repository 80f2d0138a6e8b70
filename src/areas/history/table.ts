import type { Db } from '../../storage/db';
import type { Statement } from '../../storage/statement';
import { Totals, type TotalRow } from './totals';
import { addUse, hashOf, posAfter, posOf, timeOf, type Draft, type Entry } from './model';

export interface LineRow {
  readonly id: number;
  readonly uses: number;
  readonly last_pos: number;
  readonly rank: number;
}

interface Row {
  readonly pos: number;
  readonly id: number;
  readonly line_id: number;
  readonly line: string;
  readonly exit_code: number | null;
  readonly cwd: string | null;
  readonly duration_ms: number | null;
  readonly sessid: string | null;
  readonly hostname: string | null;
  readonly shell_id: number | null;
  readonly uses: number;
  readonly rank: number;
}

/** An entry with the line it is a use of, how often that was used in all, and its frecency. */
export interface Found extends Entry {
  readonly lineId: number;
  readonly uses: number;
  readonly rank: number;
}

export const COLUMNS = `history.pos, history.id, history.line_id, history_line.line, exit_code, cwd, duration_ms, sessid, hostname, shell_id, uses, rank`;
export const FROM = 'history JOIN history_line ON history_line.id = history.line_id';

/** What changed of a line: how often it was used and where last; null when it is gone. */
export interface LineChange {
  readonly id: number;
  readonly line: string;
  readonly standing: { readonly lastPos: number; readonly rank: number } | null;
}

/** How many uses of a line are weighed again when one of them was deleted: older ones weigh nothing. */
const WEIGHED = 500;

/** Entries whose words go into the index together: one at a time each would cost a piece of the index, and merging it with the others. */
const INDEXED_AT_ONCE = 512;

/** The SQL of the history's tables. Statements are made when they are first used: a daemon without history has none. */
export class HistoryTable {
  private readonly statements = new Map<string, Statement>();
  private readonly counted: Totals;
  /** No entry lies behind it; null before it is needed. */
  private top: number | null = null;

  constructor(readonly db: Db) {
    this.counted = new Totals(db);
  }

  private sql<R>(text: string): Statement<R> {
    let statement = this.statements.get(text);
    if (!statement) this.statements.set(text, (statement = this.db.prepare<R>(text)));
    return statement as Statement<R>;
  }

  /** Statement by its text, for searches that are put together from parts; there is a bounded number of ways to do so. */
  all<R>(text: string, values: readonly (string | number | null)[]): R[] {
    return this.sql<R>(text).all(...(values as never[]));
  }

  get<R>(text: string, ...values: readonly (string | number | null)[]): R | null {
    return this.sql<R>(text).get(...(values as never[]));
  }

  run(text: string, ...values: readonly (string | number | null)[]): number {
    return this.sql(text).run(...(values as never[])).changes;
  }

  totals(): TotalRow {
    return this.counted.current();
  }

  lineOf(line: string): LineRow | null {
    return this.get<LineRow>('SELECT id, uses, last_pos, rank FROM history_line WHERE hash = ? AND line = ?', hashOf(line), line);
  }

  lineText(id: number): string | null {
    return this.get<{ line: string }>('SELECT line FROM history_line WHERE id = ?', id)?.line ?? null;
  }

  /** Whether there is an entry of this line at this millisecond. */
  has(line: string, ts: number): boolean {
    const known = this.lineOf(line);
    return known !== null && this.get('SELECT 1 FROM history WHERE line_id = ? AND pos >= ? AND pos < ?', known.id, posOf(ts), posAfter(ts)) !== null;
  }

  byPos(pos: number): Found | null {
    const row = this.get<Row>(`SELECT ${COLUMNS} FROM ${FROM} WHERE pos = ?`, pos);
    return row && found(row);
  }

  /** Those of these places where there is an entry, in any order. */
  byPlaces(places: readonly number[]): Found[] {
    return this.rows(`SELECT ${COLUMNS} FROM ${FROM} WHERE pos IN (SELECT value FROM json_each(?))`, [JSON.stringify(places)]);
  }

  byId(id: number): Found | null {
    const row = this.get<Row>(`SELECT ${COLUMNS} FROM ${FROM} WHERE history.id = ?`, id);
    return row && found(row);
  }

  rows(text: string, values: readonly (string | number | null)[]): Found[] {
    return this.all<Row>(text, values).map(found);
  }

  /** Adds an entry; only inside a write. A given id is kept when it is free. */
  insert(draft: Draft, wanted?: number): { readonly entry: Entry; readonly change: LineChange } {
    const id = this.idFor(wanted);
    const pos = this.freePos(draft.ts);
    const known = this.lineOf(draft.line);
    const lastPos = Math.max(known?.last_pos ?? 0, pos);
    const rank = addUse(known?.rank ?? null, draft.ts);
    const lineId = known ? known.id : this.addLine(draft.line, lastPos, rank);
    if (known) this.run('UPDATE history_line SET uses = uses + 1, last_pos = ?, rank = ? WHERE id = ?', lastPos, rank, lineId);
    const { exitCode, cwd, durationMs, sessid, hostname, shellId } = draft;
    this.run('INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', pos, id, lineId, exitCode, cwd, durationMs, sessid, hostname, shellId);
    const { indexed_to: indexedTo } = this.counted.current();
    if (id <= indexedTo) this.run('INSERT INTO history_fts (rowid, line) VALUES (?, ?)', pos, draft.line);
    else if (id - indexedTo >= INDEXED_AT_ONCE) this.index();
    return { entry: { ...draft, ts: timeOf(pos), id, pos }, change: { id: lineId, line: draft.line, standing: { lastPos, rank } } };
  }

  /** Whether there may be entries whose words are not in the index yet. */
  indexLags(): boolean {
    const { next_id: next, indexed_to: indexedTo } = this.counted.current();
    return next - 1 > indexedTo;
  }

  /**
   * Brings the index up to date; only inside a write. In the order of places, in which the index takes them at once; the plus keeps SQLite from
   * going through all entries for that order.
   */
  index(): void {
    const { next_id: next, indexed_to: indexedTo } = this.counted.current();
    this.run(`INSERT INTO history_fts (rowid, line) SELECT pos, line FROM ${FROM} WHERE history.id > ? ORDER BY +pos`, indexedTo);
    this.counted.stage((row) => ({ ...row, indexed_to: next - 1 }));
  }

  private idFor(wanted: number | undefined): number {
    const free = wanted !== undefined && this.get('SELECT 1 FROM history WHERE id = ?', wanted) === null;
    const id = free ? wanted : this.counted.current().next_id;
    this.counted.stage((row) => ({ ...row, entries: row.entries + 1, next_id: Math.max(row.next_id, id + 1) }));
    return id;
  }

  private addLine(line: string, lastPos: number, rank: number): number {
    return this.get<{ id: number }>(
      'INSERT INTO history_line (hash, line, uses, last_pos, rank) VALUES (?, ?, 1, ?, ?) RETURNING id',
      ...[hashOf(line), line, lastPos, rank],
    )!.id;
  }

  /** The place behind the last one taken in this millisecond; a millisecond that is full spills into the next ones. */
  private freePos(ts: number): number {
    this.top ??= this.get<{ top: number | null }>('SELECT max(pos) AS top FROM history')!.top ?? -1;
    const next = Math.max(posOf(ts), this.top + 1);
    const pos = next < posAfter(ts) ? next : this.gapFor(ts);
    this.top = Math.max(this.top, pos);
    return pos;
  }

  private gapFor(ts: number): number {
    for (let ms = ts; ; ms++) {
      const taken = this.get<{ last: number | null }>('SELECT max(pos) AS last FROM history WHERE pos >= ? AND pos < ?', posOf(ms), posAfter(ms))!;
      const free = taken.last === null ? posOf(ms) : taken.last + 1;
      if (free < posAfter(ms)) return free;
    }
  }

  /** Removes an entry, and its line with the last use; only inside a write. */
  remove(entry: Found): LineChange {
    const { pos, lineId, line } = entry;
    if (entry.id <= this.counted.current().indexed_to)
      this.run("INSERT INTO history_fts (history_fts, rowid, line) VALUES ('delete', ?, ?)", pos, line);
    this.run('DELETE FROM history WHERE pos = ?', pos);
    this.counted.stage((row) => ({ ...row, entries: row.entries - 1 }));
    const left = this.all<{ pos: number }>('SELECT pos FROM history WHERE line_id = ? ORDER BY pos DESC LIMIT ?', [lineId, WEIGHED]);
    if (left.length === 0) {
      this.run('DELETE FROM history_line WHERE id = ?', lineId);
      return { id: lineId, line, standing: null };
    }
    const rank = left.reduce<number | null>((sum, use) => addUse(sum, timeOf(use.pos)), null)!;
    this.run('UPDATE history_line SET uses = uses - 1, last_pos = ?, rank = ? WHERE id = ?', left[0]!.pos, rank, lineId);
    return { id: lineId, line, standing: { lastPos: left[0]!.pos, rank } };
  }

  /** Runs deletions so that what they free is overwritten with zeros; only inside a write. */
  erasing<T>(work: () => T): T {
    const { sqlite } = this.db;
    const { secure_delete: usual } = sqlite.query('PRAGMA secure_delete').get() as { secure_delete: number };
    sqlite.run('PRAGMA secure_delete = ON');
    try {
      return work();
    } finally {
      sqlite.run(`PRAGMA secure_delete = ${usual === 2 ? 'FAST' : usual}`);
    }
  }

  /** Adds to what is counted over the whole life of the history; only inside a write. */
  count(redacted: number, ignored: number): void {
    if (redacted + ignored > 0) this.counted.stage((row) => ({ ...row, redacted: row.redacted + redacted, ignored: row.ignored + ignored }));
  }
}

const found = (row: Row): Found => ({
  ...{ id: row.id, pos: row.pos, lineId: row.line_id, line: row.line, ts: timeOf(row.pos) },
  ...{ exitCode: row.exit_code, cwd: row.cwd, durationMs: row.duration_ms, sessid: row.sessid, hostname: row.hostname, shellId: row.shell_id },
  ...{ uses: row.uses, rank: row.rank },
});
