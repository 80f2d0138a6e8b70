import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { HELD, wireHeld } from './schema';
import { afterCursor, cursorAt } from './paging';

export const list = defineOp({
  name: 'lock_list',
  summary: 'List held locks, by name: one row per grant, with its holder, age, expiry and how many wait.',
  description: 'Tokens are never shown. When `truncated` is true, the next page is the same call with `cursor` set to `next_cursor`.',
  scope: 'lock.read',
  effect: 'read',
  input: strict({
    prefix: t.Optional(t.String({ maxLength: 256, description: 'Only names that start with this.' })),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 10_000, default: 1000 })),
    cursor: t.Optional(t.String({ minLength: 1, maxLength: 4096 })),
  }),
  output: strict({
    locks: t.Array(strict({ name: t.String(), ...HELD, waiters: t.Integer({ minimum: 0 }) })),
    count: t.Integer({ minimum: 0, description: 'Rows in this reply.' }),
    total: t.Integer({ minimum: 0, description: 'Rows in all.' }),
    truncated: t.Boolean(),
    next_cursor: nullable(t.String()),
  }),
  errors: [],
  cli: {
    path: ['lock', 'list'],
    positional: ['prefix'],
    table: {
      rows: 'locks',
      columns: ['name', 'owner', 'holder_pid', 'alive', 'shared', 'slots', 'acquired_at_ns', 'expires_at_ns', 'waiters', 'fence'],
    },
  },
  example: {},
  handle: ({ locks, clock }, { prefix = '', limit = 1000, cursor }) => {
    const now = clock.now();
    const matching = locks.all().filter(({ name }) => name.startsWith(prefix));
    const rows = matching.flatMap(({ name, state }) => state.holders.map((holder) => ({ name, holder, waiters: state.queue.length })));
    const from = cursor === undefined ? 0 : afterCursor(rows, cursor);
    const page = rows.slice(from, from + limit);
    const truncated = from + page.length < rows.length;
    return {
      locks: page.map(({ name, holder, waiters }) => ({ name, ...wireHeld(locks, holder, now), waiters })),
      count: page.length,
      total: rows.length,
      truncated,
      next_cursor: truncated ? cursorAt(page.at(-1)!) : null,
    };
  },
});
