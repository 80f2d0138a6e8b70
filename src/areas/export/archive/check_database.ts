import { Database } from 'bun:sqlite';
import { migrate } from '../../../storage/migrate';
import { cacheMigrations, zdMigrations } from '../../../storage/migrations';
import { ZdError } from '../../../kernel/error';
import { bad } from './tar';
import type { DATABASES } from './layout';

/**
 * Whether this zd can go on with a database somebody brings: it is whole, its schema is one this zd has made itself, with no trigger or view
 * beside it, and its rows keep what they refer to. Throws `bad_archive` and `integrity_check_failed`.
 */
export function checkDatabase(path: string, name: (typeof DATABASES)[number]): void {
  const migrations = name === 'zd.db' ? zdMigrations : cacheMigrations;
  let db: Database;
  try {
    db = new Database(path, { readonly: true });
  } catch (error) {
    throw bad(`${name} is no database`, error);
  }
  const model = new Database(':memory:');
  try {
    const applied = db.query('SELECT version, checksum FROM schema_migration ORDER BY version').all() as { version: number }[];
    if (applied.length > migrations.length)
      throw bad(`${name} was written by a newer zd (schema ${applied.length}, this one knows ${migrations.length})`);
    migrate(model, ':memory:', migrations.slice(0, applied.length));
    if (!Bun.deepEquals(stepsOf(db), stepsOf(model)) || !Bun.deepEquals(schemaOf(db), schemaOf(model)))
      throw bad(`${name} has another schema than this zd makes`);
    const [first] = db.query('PRAGMA integrity_check(1)').values() as [string][];
    const [stray] = db.query('PRAGMA foreign_key_check').values();
    if (first?.[0] !== 'ok' || stray) throw new ZdError('integrity_check_failed', `${name} is damaged (${first?.[0] ?? 'rows refer to nothing'}).`);
  } catch (error) {
    if (error instanceof ZdError) throw error;
    throw bad(`${name} cannot be read as a database of ours`, error);
  } finally {
    db.close();
    model.close();
  }
}

const stepsOf = (db: Database) => db.query('SELECT version, name, checksum FROM schema_migration ORDER BY version').values();

/** Tables, indexes, triggers and views by their text, but for what SQLite keeps for itself. */
const schemaOf = (db: Database) =>
  db.query(`SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name`).values();
