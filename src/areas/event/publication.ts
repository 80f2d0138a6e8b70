import type { Code } from '../../kernel/codes';
import type { Call, EventDraft, EventKey, EventService, Published } from '../../kernel/context';
import { nanos } from '../../kernel/clock';
import { Nanos, nullable, strict, t, TtlSecs, type Static } from '../../kernel/schema';
import { ownScope } from './scope';
import { credentialsIn, sessionOf } from './visibility';

const MAX_DATA_BYTES = 256 * 1024;

/** What a publisher says of one event. */
export const Publication = strict({
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
  retain: t.Optional(
    t.Boolean({
      default: false,
      description: 'Keep it as the latest of its topic for streams with `retained=true`; without data it clears what is kept.',
    }),
  ),
  scope: t.Optional(t.String({ minLength: 1, maxLength: 256, description: 'The scope to publish under; it must be one of the caller.' })),
  session_id: t.Optional(t.String({ minLength: 1, maxLength: 256, description: 'Makes the event private to this session.' })),
});

/** What became of it. */
export const Outcome = strict({
  delivered_to: t.Integer({ minimum: 0, description: 'Live streams the event was queued to.' }),
  seq: nullable(t.Integer({ minimum: 1, description: 'Number of the event in the log, without holes; null for an ephemeral one.' })),
  event_id: t.String({ description: 'The id its frames carry; resume behind it with `Last-Event-ID`.' }),
  ts_ns: Nanos,
  duplicate: t.Boolean({ description: 'The `id` was used before: this is the event that was stored then.' }),
});

/** An event that was checked and is ready to be stored or sent. */
export interface Prepared {
  readonly draft: EventDraft;
  readonly key: EventKey | undefined;
  readonly ephemeral: boolean;
}

/** Checks what a schema cannot. `at` is the path of the publication in the arguments. */
export function prepare(said: Static<typeof Publication>, call: Call<'too_large' | 'foreign_scope' | 'too_many'>, at = ''): Prepared {
  const { topic, data = null, id, ttl_secs, retain = false, scope, session_id } = said;
  const ephemeral = said.ephemeral === true || credentialsIn(data) !== null;
  checkText(topic, `${at}/topic`, call);
  if (id !== undefined) checkText(id, `${at}/id`, call);
  if (session_id !== undefined) checkText(session_id, `${at}/session_id`, call);
  if (ephemeral && (id !== undefined || ttl_secs !== undefined || retain)) {
    const path = `${at}/${id !== undefined ? 'id' : retain ? 'retain' : 'ttl_secs'}`;
    throw call.fail('bad_args', `${path}: nothing of an ephemeral event is kept, so it has no id, no time to live and is not retained.`, { path });
  }
  const json = JSON.stringify(data);
  const bytes = Buffer.byteLength(json);
  if (bytes > MAX_DATA_BYTES) {
    throw call.fail('too_large', `data has ${bytes} bytes as JSON, the limit is ${MAX_DATA_BYTES}.`, {
      hint: 'Publish a reference to the data instead, for example a cache key.',
      path: `${at}/data`,
      extra: { limit: MAX_DATA_BYTES },
    });
  }
  const { source, label, aliases } = call.caller;
  const under = ownScope(call.caller, scope);
  if (under === null) throw call.fail('foreign_scope', `"${scope}" is not a scope of yours; you publish under ${source}.`, { path: `${at}/scope` });
  const draft = {
    kind: 'pub',
    scope: under,
    also: aliases?.filter((each) => each !== under),
    topic,
    source,
    session: session_id ?? sessionOf(data),
    retain,
    data,
    json,
  };
  return {
    draft: ttl_secs === undefined ? draft : { ...draft, ttlMs: ttl_secs * 1000 },
    key: id === undefined ? undefined : { publisher: label === null ? source : `${source} ${label}`, key: id },
    ephemeral,
  };
}

/** Events that are sent in one turn share one transaction and keep their order. */
export const send = (events: EventService, { draft, key, ephemeral }: Prepared): Promise<Published> =>
  ephemeral ? events.broadcast(draft) : events.publish(draft, key);

export const outcome = ({ event, delivered, duplicate }: Published, { ephemeral }: Prepared): Static<typeof Outcome> => ({
  delivered_to: delivered,
  seq: ephemeral ? null : event.seq,
  event_id: event.id,
  ts_ns: nanos(event.ts),
  duplicate,
});

function checkText(text: string, path: string, call: Call<Code & never>): void {
  if (!text.isWellFormed()) throw call.fail('bad_args', `${path}: has half of a surrogate pair`, { path });
}
