import { strict, t } from '../../kernel/schema';
import { defineStream, type EncodedFrames } from '../../kernel/stream';
import { STORED_TYPES, type SessionEvent } from './event';
import { named, SessionName } from './schema';

const SIGNALS = ['live', 'lag', 'gap', 'ended', 'shutdown'] as const;

export const sessionStream = defineStream({
  name: 'stream_session',
  summary: 'What happens in one session: from a place on, then live.',
  description: [
    'Every frame is an event of the session under its type, as `session_history` describes them, with `{type, session_id, turn_id, seq, ts_ns, …}`; its id is the ' +
      'number of the event, and `Last-Event-ID` goes on behind it. Everything was stored before it is sent.',
    '`live` comes once when everything stored was sent; `lag` says that this reader was too slow and nothing is lost; `gap` which events are no longer kept; ' +
      '`ended` that the session was removed.',
  ].join('\n'),
  scope: 'session.read',
  path: '/stream/session',
  input: strict({
    id: SessionName,
    since: t.Optional(t.Integer({ minimum: 0, description: 'Behind this event; 0 for everything, which is the default.' })),
    tail: t.Optional(t.Integer({ minimum: 0, maximum: 1_000_000, description: 'Instead of `since`: begin with the newest so many.' })),
    last_event_id: t.Optional(t.String({ maxLength: 20, description: 'As the header `Last-Event-ID`, which wins.' })),
  }),
  events: [...STORED_TYPES, ...SIGNALS],
  errors: ['no_such_session'],
  cli: { path: ['session', 'follow'], positional: ['id'] },
  example: { id: 'info' },
  handle: ({ sessions }, { id, since = 0, tail, last_event_id = '' }, call) => {
    const last = call.lastEventId || last_event_id;
    const from = /^\d{1,15}$/.test(last) ? Number(last) : tail === undefined ? since : { tail };
    return framed(sessions.batches(named(sessions, id), from, call.signal));
  },
});

const text = new TextEncoder();

function framed(batches: AsyncGenerator<readonly SessionEvent[]>): AsyncGenerator<EncodedFrames> {
  const frames = (async function* () {
    for await (const events of batches) yield encoded(events);
  })();
  const end = frames.return.bind(frames);
  // A plain return() would queue behind a next() that waits for an event, for ever in a quiet session.
  frames.return = async (value) => {
    await batches.return(undefined);
    return end(value);
  };
  return frames;
}

const encoded = (events: readonly SessionEvent[]): EncodedFrames => ({
  count: events.length,
  sse: () => text.encode(events.map((event) => `id: ${event.seq}\nevent: ${event.type}\ndata: ${event.frame()}\n\n`).join('')),
  ndjson: () => text.encode(events.map((event) => `{"id":"${event.seq}","event":"${event.type}","data":${event.frame()}}\n`).join('')),
});
