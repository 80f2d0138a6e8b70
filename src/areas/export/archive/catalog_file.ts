import { Database } from 'bun:sqlite';
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ZdError } from '../../../kernel/error';
import type { DefinitionRecord } from '../../definitions/service';

/** A record as one text, and back; a text with what is wrong with it for what is none. */
export interface RecordCodec {
  readonly encode: (record: DefinitionRecord) => string;
  readonly decode: (line: unknown) => DefinitionRecord | string;
}

const SCHEMA = `CREATE TABLE catalog_format (version INTEGER NOT NULL);
INSERT INTO catalog_format VALUES (1);
CREATE TABLE definition (kind TEXT NOT NULL, name TEXT NOT NULL, shell_id TEXT NOT NULL, value TEXT, file TEXT, line INTEGER, record TEXT NOT NULL);
CREATE INDEX definition_name ON definition (name);`;

/**
 * Writes the catalogue as a SQLite file of its own that is not there yet: `definition` has the columns one asks for, and in `record` all of
 * it as JSON. Throws `create_failed`.
 */
export function writeCatalog(file: string, records: Iterable<DefinitionRecord>, { encode }: RecordCodec): number {
  const temporary = join(dirname(file), `.${Bun.randomUUIDv7()}.db`);
  let rows = 0;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const db = new Database(temporary, { create: true, readwrite: true });
    try {
      db.run('PRAGMA journal_mode = OFF');
      db.run(SCHEMA);
      const insert = db.prepare('INSERT INTO definition VALUES (?, ?, ?, ?, ?, ?, ?)');
      db.transaction(() => {
        for (const record of records) {
          insert.run(record.kind, record.name, record.shellId, record.value, record.file, record.line, encode(record));
          rows++;
        }
      })();
      insert.finalize();
    } finally {
      db.close();
    }
    linkSync(temporary, file);
    return rows;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ZdError('create_failed', code === 'EEXIST' ? `${file} is there already.` : `${file} cannot be made (${code ?? String(error)}).`);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Every record of such a file, which is not touched: it is read from a copy. Throws `no_such_file`, `bad_catalog`, `integrity_check_failed`. */
export function readCatalog(file: string, { decode }: RecordCodec): { readonly records: DefinitionRecord[]; readonly tables: number } {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) throw new ZdError('no_such_file', `There is no file ${file}.`);
  if (!found.isFile()) throw new ZdError('bad_catalog', `${file} is no regular file.`);
  const folder = mkdtempSync(join(tmpdir(), 'zd-catalog-'));
  try {
    const copy = join(folder, 'catalog.db');
    copyFileSync(file, copy);
    return read(copy, decode);
  } catch (error) {
    if (error instanceof ZdError) throw error;
    throw new ZdError('bad_catalog', `${file} cannot be read as a catalogue.`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function read(copy: string, decode: RecordCodec['decode']): { records: DefinitionRecord[]; tables: number } {
  const db = new Database(copy, { readonly: true });
  try {
    const [verdict] = db.query('PRAGMA integrity_check(1)').values() as [string][];
    if (verdict?.[0] !== 'ok') throw new ZdError('integrity_check_failed', `The catalogue is damaged (${verdict?.[0]}).`);
    const format = db.query('SELECT version FROM catalog_format').get() as { version: number } | null;
    if (format?.version !== 1) throw new ZdError('bad_catalog', `The catalogue is of version ${format?.version}, and this zd knows 1.`);
    const records: DefinitionRecord[] = [];
    for (const { record } of db.query('SELECT record FROM definition ORDER BY rowid').iterate() as Iterable<{ record: string }>) {
      const decoded = decode(JSON.parse(record));
      if (typeof decoded === 'string') throw new ZdError('bad_catalog', `Row ${records.length + 1} of the catalogue: ${decoded}.`);
      records.push(decoded);
    }
    const { tables } = db.query("SELECT count(*) AS tables FROM sqlite_schema WHERE type = 'table'").get() as { tables: number };
    return { records, tables };
  } finally {
    db.close();
  }
}
