import { keeperOf } from '../../kernel/caller';
import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, strict, t } from '../../kernel/schema';
import './service';

export const cursorList = defineOp({
  name: 'event_cursor_list',
  summary: 'Your cursors: where each is and how far behind.',
  scope: 'event.read',
  effect: 'read',
  input: strict({}),
  output: strict({
    cursors: t.Array(
      strict({
        cursor: t.String(),
        event_id: t.String({ description: 'The last event that was acknowledged.' }),
        behind: t.Integer({ minimum: 0, description: 'Events stored since, whether its reader wants them or not.' }),
        attempts: t.Integer({
          minimum: 0,
          description: 'Streams that began there: more than one, and its reader died before it acknowledged anything.',
        }),
        moved_at_ns: Nanos,
      }),
    ),
    count: t.Integer({ minimum: 0 }),
  }),
  errors: [],
  cli: { path: ['event', 'cursor', 'list'], table: { rows: 'cursors', relative: ['moved_at_ns'] } },
  example: {},
  handle: ({ events }, _, call) => {
    const newest = events.figures().newest?.seq ?? 0;
    const cursors = events.cursors.list(keeperOf(call.caller)).map(({ name, id, seq, attempts, movedAt }) => ({
      cursor: name,
      event_id: id,
      behind: Math.max(0, newest - seq),
      attempts,
      moved_at_ns: nanos(movedAt),
    }));
    return { cursors, count: cursors.length };
  },
});
