import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, strict, t } from '../../kernel/schema';

const MAX_DATA_BYTES = 256 * 1024;

export const publish = defineOp({
  name: 'publish',
  summary: 'Publish an event: it is stored in the log, then sent to every stream it matches.',
  description:
    'The reply comes after the event is stored. The event has the scope of the caller, which is `http` here; patterns for `shell:0` match it too.',
  scope: 'event.write',
  effect: 'write',
  input: strict({
    topic: t.String({
      minLength: 1,
      maxLength: 512,
      pattern: '^[^\\u0000-\\u001f\\u007f]+$',
      description: 'What happened, for example `build.done`.',
    }),
    data: t.Optional(t.Unknown({ description: `Any JSON, at most ${MAX_DATA_BYTES} bytes; null by default.` })),
  }),
  output: strict({
    delivered_to: t.Integer({ minimum: 0, description: 'Live streams the event was queued to.' }),
    seq: t.Integer({ minimum: 1, description: 'Number of the event in the log, without holes.' }),
    event_id: t.String({ description: 'The id its frames carry; resume behind it with `Last-Event-ID`.' }),
    ts_ns: Nanos,
  }),
  errors: ['too_large'],
  cli: { path: ['publish'], positional: ['topic', 'data'], json: ['data'], essential: 'delivered_to' },
  example: { topic: 'build.done', data: { project: 'zd', green: true } },
  handle: async ({ events }, { topic, data = null }, call) => {
    if (!topic.isWellFormed()) throw call.fail('bad_args', '/topic: has half of a surrogate pair', { path: '/topic' });
    const bytes = Buffer.byteLength(JSON.stringify(data));
    if (bytes > MAX_DATA_BYTES) {
      throw call.fail('too_large', `data has ${bytes} bytes as JSON, the limit is ${MAX_DATA_BYTES}.`, {
        hint: 'Publish a reference to the data instead, for example a cache key.',
        path: '/data',
        extra: { limit: MAX_DATA_BYTES },
      });
    }
    const { source } = call.caller;
    const { event, delivered } = await events.publish({ kind: 'pub', scope: source, topic, source, data });
    return { delivered_to: delivered, seq: event.seq, event_id: event.id, ts_ns: nanos(event.ts) };
  },
});
