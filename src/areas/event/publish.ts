import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, nullable, strict, t, TtlSecs } from '../../kernel/schema';
import { ownScope } from './scope';
import { credentialsIn, sessionOf } from './visibility';

const MAX_DATA_BYTES = 256 * 1024;

export const publish = defineOp({
  name: 'publish',
  summary: 'Publish an event: it is stored in the log, then sent to every stream it matches.',
  description: [
    'The reply comes after the event is stored. The event has the scope of the caller, which is `http` here; patterns for `shell:0` match it too.',
    'With `ephemeral` it is sent to the live streams and never stored: its frames have `seq` null and carry the id of the last stored event before it, so resuming by that id brings all that was stored later and never an ephemeral event again.',
    'Data with `"_ephemeral_credentials":true` is ephemeral without asking, loses the mark, and is sent to nobody while `http.open` is set.',
    'An event with a `session_id`, given here or as a member of `data`, is private: only streams of that session get it. What `data` calls `"source":"observability"` is public in any case.',
  ].join('\n'),
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
    id: t.Optional(
      t.String({
        minLength: 1,
        maxLength: 256,
        pattern: '^[^\\u0000-\\u001f\\u007f]+$',
        description: 'Your own name for this event: publishing it again within `events.dedup_secs` stores nothing and answers with the first one.',
      }),
    ),
    ttl_secs: t.Optional({ ...TtlSecs, description: 'After so many seconds it is neither replayed nor listed, and its content is removed.' }),
    ephemeral: t.Optional(t.Boolean({ default: false, description: 'Only for who listens now; nothing of it is stored.' })),
    scope: t.Optional(t.String({ minLength: 1, maxLength: 256, description: 'The scope to publish under; it must be one of the caller.' })),
    session_id: t.Optional(t.String({ minLength: 1, maxLength: 256, description: 'Makes the event private to this session.' })),
  }),
  output: strict({
    delivered_to: t.Integer({ minimum: 0, description: 'Live streams the event was queued to.' }),
    seq: nullable(t.Integer({ minimum: 1, description: 'Number of the event in the log, without holes; null for an ephemeral one.' })),
    event_id: t.String({ description: 'The id its frames carry; resume behind it with `Last-Event-ID`.' }),
    ts_ns: Nanos,
    duplicate: t.Boolean({ description: 'The `id` was used before: this is the event that was stored then.' }),
  }),
  errors: ['too_large', 'foreign_scope'],
  cli: { path: ['publish'], positional: ['topic', 'data'], json: ['data'], rename: { ttl_secs: 'ttl' }, essential: 'delivered_to' },
  example: { topic: 'build.done', data: { project: 'zd', green: true } },
  handle: async ({ events }, { topic, data = null, id, ttl_secs, scope, session_id, ...input }, call) => {
    const ephemeral = input.ephemeral === true || credentialsIn(data) !== null;
    for (const [path, text] of Object.entries({ '/topic': topic, '/id': id, '/session_id': session_id }))
      if (text !== undefined && !text.isWellFormed()) throw call.fail('bad_args', `${path}: has half of a surrogate pair`, { path });
    if (ephemeral && (id !== undefined || ttl_secs !== undefined)) {
      const path = id === undefined ? '/ttl_secs' : '/id';
      throw call.fail('bad_args', `${path}: nothing of an ephemeral event is kept, so it has neither an id nor a time to live.`, { path });
    }
    const bytes = Buffer.byteLength(JSON.stringify(data));
    if (bytes > MAX_DATA_BYTES) {
      throw call.fail('too_large', `data has ${bytes} bytes as JSON, the limit is ${MAX_DATA_BYTES}.`, {
        hint: 'Publish a reference to the data instead, for example a cache key.',
        path: '/data',
        extra: { limit: MAX_DATA_BYTES },
      });
    }
    const { source, label } = call.caller;
    const under = ownScope(call.caller, scope);
    if (under === null) throw call.fail('foreign_scope', `"${scope}" is not a scope of yours; you publish under ${source}.`, { path: '/scope' });
    const session = session_id ?? sessionOf(data);
    const draft = { kind: 'pub', scope: under, topic, source, session, data, ...(ttl_secs === undefined ? {} : { ttlMs: ttl_secs * 1000 }) };
    const key = id === undefined ? undefined : { publisher: label === null ? source : `${source} ${label}`, key: id };
    const { event, delivered, duplicate } = await (ephemeral ? events.broadcast(draft) : events.publish(draft, key));
    return { delivered_to: delivered, seq: ephemeral ? null : event.seq, event_id: event.id, ts_ns: nanos(event.ts), duplicate };
  },
});
