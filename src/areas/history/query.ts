import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { QUERY, queryOf } from './query_input';
import { HIT, wireHit } from './schema';

export const query = defineOp({
  name: 'history_query',
  summary: 'Search the history.',
  description:
    'Modes: `match` finds lines with all the words, whatever characters they have · `like` a part of the line · `prefix` its beginning · `exact` the whole line · ' +
    '`fuzzy` words whose characters stand in the line in order · `fts` takes an FTS5 expression (`bad_query` when it cannot be read). `match` and `fuzzy` ignore case; the others with `ignore_case`. ' +
    'Newest first unless `order` or `descending` say otherwise; when `next_cursor` is not null, the next page is the same call with it as `cursor`. ' +
    'After `budget_ms` the answer is what was found by then, with `complete` false.',
  scope: 'history.read',
  effect: 'read',
  input: strict({
    ...QUERY,
    total: t.Optional(t.Boolean({ default: false, description: 'Count all that fit, beyond this page.' })),
  }),
  output: strict({
    rows: t.Array(strict(HIT)),
    count: t.Integer({ minimum: 0, description: 'Rows in this reply.' }),
    total: t.Optional(nullable(t.Integer({ minimum: 0, description: 'With `total`; null when `budget_ms` ended the counting.' }))),
    complete: t.Boolean({ description: 'False: `budget_ms` ended the search.' }),
    next_cursor: nullable(t.String()),
  }),
  errors: ['bad_query'],
  cli: {
    path: ['history', 'query'],
    positional: ['filter'],
    table: { rows: 'rows', columns: ['id', 'ts_ns', 'exit_code', 'duration_ns', 'cwd', 'line'], relative: ['ts_ns'] },
  },
  example: { filter: 'git', limit: 10 },
  exampleSetup: [{ op: 'history_append', input: { line: 'git status' } }],
  handle: async ({ history }, input) => {
    const wanted = queryOf(input);
    const { hits, cursor, complete } = await history.query(wanted);
    const rows = hits.map(wireHit);
    const all = input.total === true ? { total: await history.count(wanted) } : {};
    return { rows, count: rows.length, ...all, complete, next_cursor: cursor === null ? null : String(cursor) };
  },
});
