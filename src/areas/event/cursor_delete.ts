import { keeperOf } from '../../kernel/caller';
import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { CursorName } from './schema';
import './service';

export const cursorDelete = defineOp({
  name: 'event_cursor_delete',
  summary: 'Forget where a named reader is.',
  description: 'Streams that are open go on; the next one of that name begins anew.',
  scope: 'event.read',
  effect: 'destructive',
  input: strict({ cursor: CursorName }),
  output: strict({ cursor: t.String(), removed: t.Boolean() }),
  errors: [],
  cli: { path: ['event', 'cursor', 'delete'], positional: ['cursor'], essential: 'removed' },
  example: { cursor: 'builder' },
  handle: async ({ events }, { cursor }, call) => ({ cursor, removed: await events.cursors.remove(keeperOf(call.caller), cursor) }),
});
