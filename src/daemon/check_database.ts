import { Database } from 'bun:sqlite';
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Check } from '../areas/meta/service';
import { fail, ok, warn, type DoctorTarget } from './check';
import { writeFault } from './check_files';
import { sqliteVersion } from './lifecycle';

/** The first version without the WAL-reset fault that corrupts databases. */
const SAFE_SQLITE = [3, 51, 3] as const;
/** The daemon answers nobody while a table is checked, so from inside it looks only at files and for as long as this. */
const INSIDE_BYTES = 256 * 1024 * 1024;
const INSIDE_MS = 400;

export function checkSqlite(): Check[] {
  const version = sqliteVersion();
  const parts = version.split('.').map(Number);
  const at = SAFE_SQLITE.findIndex((part, index) => parts[index] !== part);
  const safe = at === -1 || (parts[at] ?? 0) > SAFE_SQLITE[at]!;
  return [
    safe
      ? ok('sqlite_version', version)
      : warn('sqlite_version', `${version} can corrupt databases in WAL mode`, `Use a zd that brings SQLite ${SAFE_SQLITE.join('.')} or later.`),
  ];
}

/** `PRAGMA quick_check`, table by table with a pause between them; over the daemon's own connection while it runs. */
export async function checkDatabases({ paths, inside, databases }: DoctorTarget): Promise<Check[]> {
  const checks: Check[] = [];
  for (const file of [paths.zdDb, paths.cacheDb]) {
    const name = `db_integrity:${basename(file)}`;
    const bytes = statSync(file, { throwIfNoEntry: false })?.size;
    if (bytes === undefined) checks.push(ok(name, 'made at the first start'));
    // SQLite reads a file in WAL mode only where it can put its index beside it.
    else if (!inside && writeFault(dirname(file)))
      checks.push(warn(name, 'not read, because its folder cannot be written', 'Make the folder writable.'));
    else if (inside && bytes > INSIDE_BYTES)
      checks.push(ok(name, `not read while the daemon runs (${mib(bytes)}); stop it and run \`zd doctor\` for a full check`));
    else checks.push(await checkDatabase(name, file, bytes, inside, databases.find(({ path }) => path === file)?.sqlite));
  }
  return checks;
}

async function checkDatabase(name: string, file: string, bytes: number, inside: boolean, open?: Database): Promise<Check> {
  const remedy = `Stop zd, keep a copy of ${file}, and move it away: zd makes a new one. An older state may lie beside it as ${basename(file)}.before-vN.`;
  let own: Database | undefined;
  try {
    const db = open ?? (own = new Database(file, { readonly: true }));
    if (own) db.run('PRAGMA busy_timeout = 1000');
    const tables = (db.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all() as { name: string }[]).map(
      (row) => row.name,
    );
    const until = performance.now() + (inside ? INSIDE_MS : Infinity);
    let done = 0;
    for (const table of tables) {
      if (performance.now() > until)
        return ok(name, `${done} of ${tables.length} tables read, the time for it is over; stop zd and run \`zd doctor\` for a full check`);
      const [first] = db.query(`PRAGMA quick_check("${table.replaceAll('"', '""')}")`).values() as [string][];
      if (first?.[0] !== 'ok') return fail(name, `${file}, table ${table}: ${first?.[0] ?? 'no answer'}`, remedy);
      done++;
      await new Promise(setImmediate);
    }
    return ok(name, `${tables.length} tables, ${mib(bytes)}`);
  } catch (error) {
    return fail(name, `${file}: ${error instanceof Error ? error.message : String(error)}`, remedy);
  } finally {
    own?.close();
  }
}

const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
