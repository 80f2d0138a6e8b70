import { keeperOf } from '../../kernel/caller';
import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { CursorName } from './schema';
import './service';

export const cursorCommit = defineOp({
  name: 'event_cursor_commit',
  summary: 'Acknowledge all events up to one, so that a stream of this cursor begins behind it.',
  description: [
    'A cursor is where a named reader is: `GET /stream/events?cursor=NAME` begins behind what was acknowledged last, so what a reader had not done with when it died comes again.',
    'It belongs to your token. One that is new is made. It moves forwards only, unless `rewind` is set; `moved` says whether it did.',
  ].join('\n'),
  scope: 'event.read',
  effect: 'write',
  input: strict({
    cursor: CursorName,
    event_id: t.String({
      minLength: 1,
      maxLength: 100,
      description: 'The id of the last event you are done with; `latest` for all that are stored.',
    }),
    rewind: t.Optional(t.Boolean({ default: false, description: 'Go back, too: the events behind it come again.' })),
  }),
  output: strict({ cursor: t.String(), event_id: t.String({ description: 'Where it is now.' }), moved: t.Boolean() }),
  errors: ['too_many'],
  cli: { path: ['event', 'cursor', 'commit'], positional: ['cursor', 'event_id'], essential: 'event_id' },
  example: { cursor: 'builder', event_id: 'latest' },
  handle: async ({ events }, { cursor, event_id, rewind = false }, call) => {
    const done = await events.cursors.commit(keeperOf(call.caller), cursor, event_id, rewind);
    if (!done) throw call.fail('bad_args', '/event_id: no event of this log has had this id.', { path: '/event_id' });
    return { cursor, event_id: done.cursor.id, moved: done.moved };
  },
});
