import { Database } from 'bun:sqlite';
import { linkSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ZdError } from '../../../kernel/error';
import { syncFolder } from '../../../storage/durable_file';
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

/** Rows read or written before other work has its turn, where the records do not give way themselves. */
const STRIDE = 1000;

/**
 * Writes the catalogue as a SQLite file of its own that is not there yet: `definition` has the columns one asks for, and in `record` all of
 * it as JSON. Null, and no file, when `holds` says at the end that this is not one state of the catalogue. Throws `create_failed`.
 */
export async function writeCatalog(
  file: string,
  records: Iterable<DefinitionRecord> | AsyncIterable<DefinitionRecord>,
  { encode }: RecordCodec,
  holds: () => boolean,
): Promise<number | null> {
  const temporary = join(dirname(file), `.${Bun.randomUUIDv7()}.db`);
  let rows = 0;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const db = new Database(temporary, { create: true, readwrite: true });
    try {
      db.run('PRAGMA journal_mode = OFF');
      // It is on the disk before it has its name, see below.
      db.run('PRAGMA synchronous = OFF');
      db.run(SCHEMA);
      const insert = db.prepare('INSERT INTO definition VALUES (?, ?, ?, ?, ?, ?, ?)');
      const add = (record: DefinitionRecord) => {
        insert.run(record.kind, record.name, record.shellId, record.value, record.file, record.line, encode(record));
        rows++;
      };
      db.run('BEGIN');
      // Records that are there already are taken without a turn between them.
      if (Symbol.iterator in records) for (const record of records) add(record);
      else for await (const record of records) add(record);
      db.run('COMMIT');
      insert.finalize();
    } finally {
      db.close();
    }
    const handle = await open(temporary, 'r');
    await handle.sync().finally(() => handle.close());
    if (!holds()) return null;
    linkSync(temporary, file);
    await syncFolder(dirname(file));
    return rows;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ZdError('create_failed', code === 'EEXIST' ? `${file} is there already.` : `${file} cannot be made (${code ?? String(error)}).`);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Every record of such a file, which is not touched: it is read from a copy. Throws `no_such_file`, `bad_catalog`, `integrity_check_failed`. */
export async function readCatalog(file: string, { decode }: RecordCodec): Promise<{ readonly records: DefinitionRecord[]; readonly tables: number }> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) throw new ZdError('no_such_file', `There is no file ${file}.`);
  if (!found.isFile()) throw new ZdError('bad_catalog', `${file} is no regular file.`);
  const folder = mkdtempSync(join(tmpdir(), 'zd-catalog-'));
  try {
    const copy = join(folder, 'catalog.db');
    await copyFile(file, copy);
    return await read(copy, decode);
  } catch (error) {
    if (error instanceof ZdError) throw error;
    throw new ZdError('bad_catalog', `${file} cannot be read as a catalogue.`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function read(copy: string, decode: RecordCodec['decode']): Promise<{ records: DefinitionRecord[]; tables: number }> {
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
      if (records.length % STRIDE === 0) await new Promise(setImmediate);
    }
    const { tables } = db.query("SELECT count(*) AS tables FROM sqlite_schema WHERE type = 'table'").get() as { tables: number };
    return { records, tables };
  } finally {
    db.close();
  }
}
