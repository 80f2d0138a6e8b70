import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { decodeCursor, encodeCursor } from './model';
import { EntryObject, entryOf, Prefix } from './schema';

export const list = defineOp({
  name: 'artifact_list',
  summary: 'List artifacts by name, optionally those with a prefix.',
  description: 'Sorted bytewise. When `truncated` is true, the next page is the same call with `cursor` set to `next_cursor`.',
  scope: 'artifact.read',
  effect: 'read',
  input: strict({
    prefix: t.Optional(Prefix),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 10_000, default: 1000 })),
    cursor: t.Optional(t.String({ minLength: 1, maxLength: 2048 })),
  }),
  output: strict({
    entries: t.Array(EntryObject),
    count: t.Integer({ description: 'Entries in this reply.' }),
    truncated: t.Boolean(),
    next_cursor: nullable(t.String()),
  }),
  errors: [],
  cli: {
    path: ['artifact', 'list'],
    positional: ['prefix'],
    table: { rows: 'entries', columns: ['name', 'bytes', 'digest', 'updated_at', 'last_get_at', 'pinned'] },
  },
  example: { prefix: 'build/' },
  handle: async ({ artifacts }, { prefix = '', limit = 1000, cursor }) => {
    const rows = await artifacts.list(prefix, cursor === undefined ? '' : decodeCursor(cursor), limit + 1);
    const entries = rows.slice(0, limit).map(entryOf);
    const truncated = rows.length > limit;
    return { entries, count: entries.length, truncated, next_cursor: truncated ? encodeCursor(entries.at(-1)!.name) : null };
  },
});
