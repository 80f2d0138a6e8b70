import { defineOp } from '../../kernel/op';
import { Name, nullable, strict, t } from '../../kernel/schema';
import { Prefix } from './schema';

export const list = defineOp({
  name: 'cache_list',
  summary: 'List the live keys of a namespace, optionally those with a prefix.',
  description: 'Keys come sorted bytewise. When `truncated` is true, the next page is the same call with `cursor` set to `next_cursor`.',
  scope: 'cache.read',
  effect: 'read',
  input: strict({
    ns: Name,
    prefix: t.Optional(Prefix),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 10_000, default: 1000 })),
    cursor: t.Optional(t.String({ minLength: 1, maxLength: 262_144 })),
  }),
  output: strict({
    ns: t.String(),
    keys: t.Array(t.String()),
    count: t.Integer({ description: 'Keys in this reply.' }),
    truncated: t.Boolean(),
    next_cursor: nullable(t.String()),
  }),
  errors: [],
  cli: { path: ['cache', 'list'], positional: ['ns', 'prefix'], essential: 'keys', table: { rows: 'keys' } },
  example: { ns: 'build' },
  handle: ({ cache }, { ns, prefix = '', limit = 1000, cursor }) => {
    const page = cache.list(ns, prefix, limit, cursor);
    return { ns, keys: page.keys, count: page.keys.length, truncated: page.truncated, next_cursor: page.nextCursor };
  },
});
