import { millis } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import { decodeCursor, encodeCursor } from './cursor';
import { noSuchKind } from './emitter';
import { isCatalogKind } from './kinds';
import { DefinitionName, File, KindName, RecordObject, ShellId, wireRecord } from './schema';
import './service';

const FILTERS = {
  kind: t.Optional(KindName),
  name: t.Optional({ ...DefinitionName, description: 'Exactly this name.' }),
  prefix: t.Optional(t.String({ maxLength: 8192, description: 'Names that start with exactly this.' })),
  glob: t.Optional(t.String({ minLength: 1, maxLength: 256, description: 'Names that match `*`, `?` and `[a-z]`; case-sensitive.' })),
  shell_id: t.Optional(ShellId),
  file: t.Optional({ ...File, description: 'Defined in exactly this file.' }),
  contains: t.Optional(t.String({ minLength: 1, maxLength: 1024, description: 'A text in the value.' })),
  since_ns: t.Optional({ ...Nanos, description: 'Set at this time or later.' }),
};

export const definitionsQuery = defineOp({
  name: 'definitions_query',
  summary: 'Find definitions, of every shell or of one.',
  description: [
    'Filters are combined with and. Sorted by kind (as in `all_known`), then name bytewise (places of lists by number), then shell.',
    'A page may hold fewer than `limit` when records are large. When `truncated` is true, the next page is the same call with `cursor` set to `next_cursor`.',
  ].join('\n'),
  scope: 'defs.read',
  effect: 'read',
  input: strict({
    ...FILTERS,
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 100_000, default: 10_000 })),
    cursor: t.Optional(t.String({ minLength: 1, maxLength: 40_000 })),
  }),
  output: strict({
    records: t.Array(RecordObject),
    count: t.Integer({ description: 'Records in this reply.' }),
    total: nullable(t.Integer({ description: 'Records in all; counted for the first page only.' })),
    truncated: t.Boolean(),
    next_cursor: nullable(t.String()),
    limit: t.Integer(),
    filters: strict({
      kind: nullable(t.String()),
      name: nullable(t.String()),
      prefix: nullable(t.String()),
      shell_id: nullable(t.String()),
      glob: nullable(t.String()),
      file: nullable(t.String()),
      contains: nullable(t.String()),
      since_ns: nullable(t.Integer()),
    }),
  }),
  errors: ['no_such_kind'],
  cli: {
    path: ['definitions', 'query'],
    positional: ['kind', 'name'],
    table: { rows: 'records', columns: ['kind', 'name', 'value', 'shell_id', 'file', 'line'] },
  },
  example: { kind: 'alias', prefix: 'g' },
  handle: async ({ definitions }, { limit = 10_000, cursor, ...filters }, call) => {
    const { kind, name, prefix, shell_id, glob, file, contains, since_ns } = filters;
    if (kind !== undefined && !isCatalogKind(kind)) throw noSuchKind(kind);
    const filter = { kind, name, prefix, shellId: shell_id, glob, file, contains, since: since_ns === undefined ? undefined : millis(since_ns) };
    const { records, next } = await definitions.page(filter, limit, cursor === undefined ? null : decodeCursor(cursor), call.signal);
    const total = cursor !== undefined ? null : next === null ? records.length : await definitions.count(filter, call.signal);
    return {
      ...{ records: records.map(wireRecord), count: records.length, total },
      ...{ truncated: next !== null, next_cursor: next && encodeCursor(next), limit },
      filters: {
        ...{ kind: kind ?? null, name: name ?? null, prefix: prefix ?? null, shell_id: shell_id ?? null },
        ...{ glob: glob ?? null, file: file ?? null, contains: contains ?? null, since_ns: since_ns ?? null },
      },
    };
  },
});
