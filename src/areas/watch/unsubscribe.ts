import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { ownerOf } from './owner';
import './service';

export const unsubscribe = defineOp({
  name: 'watch_unsubscribe',
  summary: 'End a watch, and the streams that read it.',
  description: 'Only who made it can, over /ws only that socket. `removed` is false for any other id.',
  scope: 'watch.write',
  effect: 'write',
  input: strict({ watch_id: t.Integer({ minimum: 1 }) }),
  output: strict({ watch_id: t.Integer(), removed: t.Boolean() }),
  errors: [],
  cli: { path: ['watch', 'unsubscribe'], positional: ['watch_id'], essential: 'removed' },
  example: { watch_id: 1 },
  handle: ({ watch }, { watch_id }, call) => ({ watch_id, removed: watch.unsubscribe(watch_id, ownerOf(call, watch)) }),
});
