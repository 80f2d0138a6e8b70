import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { MAX_PATTERN_CHARS } from './pattern';
import './service';

export const unsubscribe = defineOp({
  name: 'unsubscribe',
  summary: 'End a subscription, by its id or by its pattern.',
  description: 'Over /ws it concerns the subscriptions of that socket, over HTTP those of every stream and socket of the same token.',
  scope: 'event.read',
  effect: 'write',
  input: strict({
    id: t.Optional(t.Integer({ minimum: 0, description: 'The subscription; it wins over a pattern.' })),
    pattern: t.Optional(t.String({ maxLength: MAX_PATTERN_CHARS, description: 'The exact text of the pattern.' })),
    stream_id: t.Optional(t.String({ maxLength: 100, description: 'Only those of this stream.' })),
  }),
  output: strict({ removed: t.Integer({ minimum: 0 }) }),
  errors: [],
  cli: { path: ['event', 'unsubscribe'], positional: ['id'], essential: 'removed' },
  example: { id: 1 },
  handle: ({ subscribers }, { id, pattern, stream_id }, call) => {
    if (id === undefined && pattern === undefined) throw call.fail('bad_args', 'Give an id or a pattern.', { path: '/id' });
    let removed = 0;
    for (const set of subscribers.owned(call, stream_id)) removed += set.remove(id ?? null, pattern ?? null);
    return { removed };
  },
});
