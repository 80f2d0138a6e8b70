import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { ownerOf } from './owner';
import { rowOf, WatchRow } from './schema';
import './service';

export const list = defineOp({
  name: 'watch_list',
  summary: 'Your watches, in order of their ids.',
  scope: 'watch.read',
  effect: 'read',
  input: strict({}),
  output: strict({ subscriptions: t.Array(WatchRow), count: t.Integer({ minimum: 0 }) }),
  errors: [],
  cli: { path: ['watch', 'list'], table: { rows: 'subscriptions', columns: ['watch_id', 'path', 'recursive', 'state', 'entries', 'streams'] } },
  example: {},
  handle: ({ watch }, _, call) => {
    const subscriptions = watch.list(ownerOf(call, watch)).map(rowOf);
    return { subscriptions, count: subscriptions.length };
  },
});
