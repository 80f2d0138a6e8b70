import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';

export const exportCatalog = defineOp({
  name: 'export_catalog',
  summary: 'Write the catalogue of definitions as a SQLite file of its own.',
  description: 'The table `definition` has kind, name, shell_id, value, file and line, and the whole record as JSON. The file must not be there yet.',
  scope: 'export.admin',
  effect: 'write',
  input: strict({
    path: t.Optional(
      t.String({
        minLength: 1,
        maxLength: 4096,
        default: 'catalog.export.db',
        description: 'An absolute path outside of the folder of zd, or a name alone for a file in its folder `exports`.',
      }),
    ),
  }),
  output: strict({ path: t.String(), rows: t.Integer({ minimum: 0 }) }),
  errors: ['create_failed'],
  cli: { path: ['catalog', 'export'], positional: ['path'], paths: ['path'], essential: 'path' },
  example: { path: 'catalog.db' },
  handle: ({ catalogs }, { path = 'catalog.export.db' }) => catalogs.write(path),
});
