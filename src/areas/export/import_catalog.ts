import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';

export const importCatalog = defineOp({
  name: 'import_catalog',
  summary: 'Make the catalogue of definitions what a file of `export_catalog` says.',
  description:
    'The file is read from a copy and checked to its end; then one transaction takes all of it, or nothing. What was there is saved as a snapshot first.',
  scope: 'import.admin',
  effect: 'destructive',
  input: strict({
    path: t.String({ minLength: 1, maxLength: 4096, description: 'An absolute path, or the name of a file in the folder `exports` of zd.' }),
    force: t.Optional(t.Boolean({ default: false, description: 'Replace the definitions that are there.' })),
  }),
  output: strict({
    imported_from: t.String(),
    backup_at: nullable(t.String({ description: 'The snapshot of what was there; null when there was nothing.' })),
    integrity_ok: t.Boolean(),
    table_count: t.Integer({ minimum: 0 }),
    rows: t.Integer({ minimum: 0 }),
  }),
  errors: ['conflict', 'no_such_file', 'bad_catalog', 'integrity_check_failed', 'quota_exceeded'],
  cli: { path: ['catalog', 'import'], positional: ['path'], paths: ['path'], essential: 'rows' },
  example: { path: 'catalog-2.db', force: true },
  exampleSetup: [{ op: 'export_catalog', input: { path: 'catalog-2.db' } }],
  handle: async ({ catalogs }, { path, force = false }) => {
    const { from, backup, rows, tables } = await catalogs.take(path, force);
    return { imported_from: from, backup_at: backup, integrity_ok: true, table_count: tables, rows };
  },
});
