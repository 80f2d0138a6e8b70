import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import './service';

export const subscriptionSetPaused = defineOp({
  name: 'subscription_set_paused',
  summary: 'Pause or resume a subscription; resuming says how many events went by.',
  description: 'Over /ws it concerns the subscriptions of that socket, over HTTP those of every stream and socket of the same token.',
  scope: 'event.read',
  effect: 'write',
  input: strict({
    paused: t.Boolean(),
    id: t.Optional(t.Integer({ minimum: 0, description: 'The subscription.' })),
    all: t.Optional(t.Boolean({ description: 'Every subscription; only those that change are counted.' })),
    stream_id: t.Optional(t.String({ maxLength: 100, description: 'Only those of this stream.' })),
  }),
  output: strict({
    affected: t.Integer({ minimum: 0 }),
    paused: t.Boolean(),
    missed: t.Integer({ minimum: 0, description: 'Events that matched while the resumed subscriptions were paused; they are in the log.' }),
  }),
  errors: [],
  cli: { path: ['event', 'pause'], essential: 'affected' },
  example: { paused: true, all: true },
  handle: ({ subscribers }, { paused, id, all = false, stream_id }, call) => {
    if (id === undefined && !all) throw call.fail('bad_args', 'Give an id or all.', { path: '/id' });
    let [affected, missed] = [0, 0];
    for (const set of subscribers.owned(call, stream_id)) {
      const done = set.pause(all ? null : id!, paused);
      affected += done.affected;
      missed += done.missed;
    }
    return { affected, paused, missed };
  },
});
