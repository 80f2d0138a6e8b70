import { ZdError } from '../../kernel/error';
import { t, type Static } from '../../kernel/schema';
import { MODES, ORDERS, type Query } from './query_model';
import { CONDITIONS, conditionsOf } from './schema';

/** Rows of a page that is not in the order of time: what is best is known only when all of it is. */
const MOST_RANKED = 1000;

export const QUERY = {
  filter: t.Optional(t.String({ maxLength: 4096, description: 'What to look for; without it every entry.' })),
  mode: t.Optional(
    t.Union(
      MODES.map((mode) => t.Literal(mode)),
      { default: 'match' },
    ),
  ),
  ignore_case: t.Optional(t.Boolean({ default: false })),
  ...CONDITIONS,
  distinct: t.Optional(t.Boolean({ default: false, description: 'Each line once, with its newest entry.' })),
  order: t.Optional(
    t.Union(
      ORDERS.map((order) => t.Literal(order)),
      {
        description:
          '`time`, `frecency` (how often and how recently its line was used) or `score` (how well it fits). Fuzzy searches: score, others: time.',
      },
    ),
  ),
  limit: t.Optional(t.Integer({ minimum: 1, maximum: 100_000, default: 100 })),
  descending: t.Optional(t.Boolean({ default: true, description: 'Newest first.' })),
  cursor: t.Optional(t.String({ pattern: '^\\d{1,16}$' })),
  budget_ms: t.Optional(t.Integer({ minimum: 1, maximum: 60_000, default: 2000, description: 'How long it may look.' })),
};

const queryInput = t.Object(QUERY);

export function queryOf(input: Static<typeof queryInput>): Query {
  const { filter = '', mode = 'match', limit = 100, descending = true, distinct = false, cursor } = input;
  const order = input.order ?? (mode === 'fuzzy' && filter !== '' ? 'score' : 'time');
  if (order !== 'time' && cursor !== undefined) throw badArgs('/cursor', 'only pages in the order of time have one');
  if (order !== 'time' && limit > MOST_RANKED) throw badArgs('/limit', `at most ${MOST_RANKED} in any order but that of time`);
  return {
    ...conditionsOf(input),
    ...{ filter, mode, order, limit, descending, distinct, ignoreCase: input.ignore_case ?? false },
    cursor: cursor === undefined ? null : Number(cursor),
    budgetMs: input.budget_ms ?? 2000,
  };
}

const badArgs = (path: string, what: string) => new ZdError('bad_args', `${path}: ${what}`, { path });
