import type { Db } from '../../storage/db';
import type { Statement } from '../../storage/statement';
import { kindOf, numberOf, placeOf, type Kind } from './kinds';
import { Owners } from './owners';
import { valuesOf, type Row } from './row';
import type { BundleOrigin, DefinitionRecord } from './service';

type Value = string | number | null;

const IDENTITY = 'shell_id, kind, ord, name';
const CONTENT = 'value, json, value_array, value_assoc, attrs, file, line, fn_chain, history, order_idx, ts_ns, set_at, set_by_shell';
const marks = (columns: string): string => columns.replace(/\w+/g, '?');
const INSERT = `INSERT INTO definition (${IDENTITY}, ${CONTENT}) VALUES (${marks(IDENTITY)}, ${marks(CONTENT)})`;
const REPLACE = INSERT.replace('INSERT', 'INSERT OR REPLACE');
const COPY = `INSERT INTO definition (${IDENTITY}, ${CONTENT}) SELECT ?, ${`${IDENTITY}, ${CONTENT}`.slice('shell_id, '.length)} FROM definition`;
/** Without the columns of the indexes, which then need not be touched. */
const UPDATE = `UPDATE definition SET (${CONTENT}) = (${marks(CONTENT)}) WHERE id = ?`;

/** What tells whether a record is still what it was. */
export type StoredHead = Pick<Row, 'id' | 'kind' | 'ord' | 'name' | 'value' | 'value_array' | 'value_assoc' | 'attrs' | 'file' | 'line' | 'set_at'>;

const HEAD = 'id, kind, ord, name, value, value_array, value_assoc, attrs, file, line, set_at';

interface BundleRow {
  readonly shell_id: string;
  readonly started_at_ns: number;
  readonly finished_at_ns: number;
  readonly cmdline: string | null;
  readonly zdotdir: string | null;
  readonly home: string | null;
  readonly events: number;
  readonly ingested_at: number;
}

/** The SQL of the definitions' tables. What changes something is for inside a write. Statements are prepared at their first use. */
export class DefinitionTable {
  private readonly statements = new Map<string, Statement>();

  readonly owners = new Owners(this);

  constructor(private readonly db: Db) {
    db.onRollback(() => this.owners.forget());
  }

  rows<T>(sql: string, ...values: Value[]): T[] {
    return this.prepared(sql).all(...values) as T[];
  }

  row<T>(sql: string, ...values: Value[]): T | null {
    return this.prepared(sql).get(...values) as T | null;
  }

  run(sql: string, ...values: Value[]): number {
    return this.prepared(sql).run(...values).changes;
  }

  private prepared(sql: string): Statement {
    let statement = this.statements.get(sql);
    if (!statement) this.statements.set(sql, (statement = this.db.prepare<unknown>(sql)));
    return statement;
  }

  find(shellId: string, kind: Kind, name: string): Row | null {
    return this.row(
      'SELECT * FROM definition WHERE kind = ? AND ord = ? AND name = ? AND shell_id = ?',
      numberOf(kind),
      placeOf(kind, name),
      name,
      this.owners.of(shellId),
    );
  }

  /** For records that are known to be new; much cheaper than `put` when there are many. */
  insert(record: DefinitionRecord): void {
    this.run(INSERT, ...valuesOf(record, this.owners.of(record.shellId)));
  }

  /** Under a name that holds for nobody yet; takes the place of one that is there. */
  insertUnder(owner: string, record: DefinitionRecord): void {
    this.run(REPLACE, ...valuesOf(record, owner));
  }

  copyUnder(owner: string, ids: readonly number[]): void {
    this.run(`${COPY} WHERE id IN (SELECT value FROM json_each(?))`, owner, JSON.stringify(ids));
  }

  countsUnder(owner: string): Map<Kind, number> {
    const rows = this.rows<{ kind: number; rows: number }>('SELECT kind, count(*) AS rows FROM definition WHERE shell_id = ? GROUP BY kind', owner);
    return new Map(rows.map(({ kind, rows: count }) => [kindOf(kind), count]));
  }

  /** Everything but the identity, which is that of the record it replaces. */
  update(id: number, record: DefinitionRecord): void {
    this.run(UPDATE, ...valuesOf(record, record.shellId).slice(4), id);
  }

  /** Of every record of a shell. */
  heads = (shellId: string): StoredHead[] => this.rows(`SELECT ${HEAD} FROM definition WHERE shell_id = ?`, this.owners.of(shellId));

  /** The next ones in the order of kind and name. */
  headsAfter(owner: string, after: StoredHead | null, limit: number): StoredHead[] {
    const { kind, ord, name } = after ?? { kind: -1, ord: 0, name: '' };
    return this.rows(
      `SELECT ${HEAD} FROM definition INDEXED BY definition_shell WHERE shell_id = ? AND (kind, ord, name) > (?, ?, ?) ORDER BY kind, ord, name LIMIT ?`,
      ...[owner, kind, ord, name, limit],
    );
  }

  /** True when the record is new, false when it took the place of another one. */
  put(record: DefinitionRecord): boolean {
    const { id } = this.find(record.shellId, record.kind, record.name) ?? {};
    if (id === undefined) {
      this.insert(record);
      return true;
    }
    this.update(id, record);
    return false;
  }

  drop = (id: number): void => void this.run('DELETE FROM definition WHERE id = ?', id);

  /** Removes the records of one kind of one shell, and says how many there were. */
  clear(shellId: string, kind: Kind): number {
    return this.run('DELETE FROM definition WHERE shell_id = ? AND kind = ?', this.owners.of(shellId), numberOf(kind));
  }

  count(shellId: string, kind: Kind, delta: number): void {
    if (delta === 0) return;
    this.run(
      'INSERT INTO definition_count VALUES (?, ?, ?) ON CONFLICT (shell_id, kind) DO UPDATE SET rows = rows + excluded.rows',
      shellId,
      numberOf(kind),
      delta,
    );
    this.run('DELETE FROM definition_count WHERE shell_id = ? AND kind = ? AND rows = 0', shellId, numberOf(kind));
  }

  /** How many records there are of each shell and kind that has any, by kind, then by shell. */
  counts(): { readonly shellId: string; readonly kind: Kind; readonly rows: number }[] {
    const rows = this.rows<{ shell_id: string; kind: number; rows: number }>(
      'SELECT shell_id, kind, rows FROM definition_count ORDER BY kind, shell_id',
    );
    return rows.map(({ shell_id, kind, rows: count }) => ({ shellId: shell_id, kind: kindOf(kind), rows: count }));
  }

  total = (): { rows: number; shells: number } =>
    this.row('SELECT ifnull(sum(rows), 0) AS rows, count(DISTINCT shell_id) AS shells FROM definition_count')!;

  /** Those of the named shells, or of all. */
  dropBundles(shells: readonly string[] | null): void {
    if (shells === null) this.run('DELETE FROM definition_bundle');
    else for (const shell of shells) this.run('DELETE FROM definition_bundle WHERE shell_id = ?', shell);
  }

  putBundle({ shellId, startedAtNs, finishedAtNs, cmdline, zdotdir, home, events, ingestedAt }: BundleOrigin): void {
    const values = [shellId, startedAtNs, finishedAtNs, cmdline, zdotdir, home, events, ingestedAt];
    this.run('INSERT OR REPLACE INTO definition_bundle VALUES (?, ?, ?, ?, ?, ?, ?, ?)', ...values);
  }

  bundles(): BundleOrigin[] {
    return this.rows<BundleRow>('SELECT * FROM definition_bundle ORDER BY shell_id').map((row) => ({
      shellId: row.shell_id,
      startedAtNs: row.started_at_ns,
      finishedAtNs: row.finished_at_ns,
      cmdline: row.cmdline,
      zdotdir: row.zdotdir,
      home: row.home,
      events: row.events,
      ingestedAt: row.ingested_at,
    }));
  }
}
