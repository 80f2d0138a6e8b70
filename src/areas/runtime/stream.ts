import type { EventRecord } from '../../kernel/context';
import { strict, t } from '../../kernel/schema';
import { defineStream } from '../../kernel/stream';
import type {} from '../event/service';
import { KIND } from './envelope';
import { ADVERTISED } from './families';
import { Profile } from './metadata';
import './service';

const Family = t.Union(ADVERTISED.map((family) => t.Literal(family)));

/** A whole event of the log is one frame: its data is the envelope. */
const frames = {
  sse: (event: EventRecord) => `id: ${event.id}\nevent: ${KIND}\ndata: ${event.data}\n\n`,
  ndjson: (event: EventRecord) => `{"id":"${event.id}","event":"${KIND}","data":${event.data}}\n`,
};

function filterOf(families: readonly string[] | null, profile: string | null) {
  const wanted = families && new Set(families);
  return {
    key: `runtime ${JSON.stringify([wanted && [...wanted].toSorted(), profile])}`,
    kinds: [KIND],
    match: ({ kind, topic, visibility, data }: EventRecord) =>
      kind === KIND &&
      visibility === 'public' &&
      (!wanted || wanted.has(topic)) &&
      (profile === null || (JSON.parse(data) as { profile: string }).profile === profile)
        ? ''
        : null,
    frames,
  };
}

export const runtimeStream = defineStream({
  name: 'stream_runtime',
  summary: 'What agents do and need, as runtime events: status, approvals, checkpoints, memory compactions.',
  description: [
    '`runtime` carries `{event_id, family, kind, profile, timestamp, runtime, payload}`. A payload over runtime.payload_bytes lacks its largest members, which `truncated` names.',
    'Resume, `since`, `gap`, `lagged`, `shutdown` and `end` are as on /stream/events.',
  ].join('\n'),
  scope: 'runtime.read',
  path: '/stream/runtime',
  input: strict({
    family: t.Optional(t.Union([Family, t.Array(Family, { minItems: 1 })], { description: 'Repeat the parameter for several; all without it.' })),
    profile: t.Optional(Profile),
    since: t.Optional(t.String({ minLength: 1, maxLength: 200, description: 'Where to begin: as `since` of /stream/events.' })),
    last_event_id: t.Optional(t.String({ maxLength: 200, description: 'As the header `Last-Event-ID`, which wins.' })),
  }),
  events: [KIND, 'gap', 'lagged', 'shutdown', 'end'],
  errors: [],
  cli: { path: ['runtime', 'events'], positional: ['family'] },
  example: { family: 'runtime.status' },
  handle: ({ events, runtime }, { family, profile = null, since }, call) => {
    const from = since === undefined ? null : runtime.since(since);
    if (typeof from === 'string') throw call.fail('bad_args', `/since: ${from}.`, { path: '/since' });
    const families = family === undefined ? null : typeof family === 'string' ? [family] : family;
    return events.follow(filterOf(families, profile), call.lastEventId ?? from, call.signal, call);
  },
});
