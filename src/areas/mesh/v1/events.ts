import type { EventRecord, Services } from '../../../kernel/context';
import { strict, t } from '../../../kernel/schema';
import { defineStream } from '../../../kernel/stream';
import { MESH_EVENTS, MESH_KIND } from '../events';
import type { MeshService } from '../service';
import { sessionOf } from './answer';
import { recipientsOf } from './recipients';

type Filter = Parameters<Services['events']['follow']>[0];

export const v1Events = defineStream({
  name: 'v1_events',
  summary: 'What happens in the meshes, each event with an id to resume behind.',
  description: [
    'A frame is `event:` with its kind and `data:` with `{ts, …}`; `ts` is an ISO time and belongs to the frame.',
    '`message` tells of one that arrived, with its body as long as it is in the inbox; `outbox` of a change of state of one that was sent, `receipt` of what its recipient has.',
    'With the token of a session only what concerns its mesh, and of messages those for it or its member.',
    'With `Last-Event-ID` (or `last_event_id`), else from `since`, the stored events behind that id come first; `gap`, `lagged` and `shutdown` are as on /stream/events.',
  ].join('\n'),
  scope: 'mesh.read',
  path: '/v1/events',
  input: strict({
    mesh: t.Optional(t.String({ maxLength: 64, description: 'Only of this mesh.' })),
    kinds: t.Optional(t.String({ maxLength: 400, description: 'Only these kinds, separated by commas.' })),
    since: t.Optional(t.String({ maxLength: 200, description: 'The id of an event.' })),
    last_event_id: t.Optional(t.String({ maxLength: 200, description: 'As the header `Last-Event-ID`, which wins.' })),
  }),
  events: [...MESH_EVENTS, 'gap', 'lagged', 'shutdown', 'end'],
  errors: [],
  cli: { path: ['mesh', 'events'], essential: 'event' },
  example: {},
  handle: ({ events, mesh: service }, { mesh, kinds, since }, call) => {
    const wanted = kinds?.split(',').map((kind) => kind.trim());
    const unknown = wanted?.find((kind) => !(MESH_EVENTS as readonly string[]).includes(kind));
    if (unknown !== undefined) throw call.fail('bad_args', `/kinds: there is no kind ${JSON.stringify(unknown)}`, { path: '/kinds' });
    const session = sessionOf(service, call.headers);
    const filter = filterOf(service, mesh ?? session?.mesh ?? null, wanted ?? null, recipientsOf(service, session));
    return events.follow(filter, call.lastEventId ?? since ?? null, call.signal);
  },
});

/** `recipients`: messages for others than these are left out; null leaves out none. */
function filterOf(service: MeshService, mesh: string | null, kinds: readonly string[] | null, recipients: readonly string[] | null): Filter {
  const body = (event: EventRecord): string => dataOf(service, event);
  return {
    key: `v1 ${JSON.stringify([mesh, kinds && [...kinds].toSorted(), recipients])}`,
    kinds: [MESH_KIND],
    match(event) {
      if (event.kind !== MESH_KIND || (kinds && !kinds.includes(event.topic))) return null;
      if (mesh === null && recipients === null) return '';
      const data = JSON.parse(event.data) as { mesh?: unknown; recipient_pubkey?: string };
      if (mesh !== null && data.mesh !== mesh) return null;
      return recipients === null || data.recipient_pubkey === undefined || recipients.includes(data.recipient_pubkey) ? '' : null;
    },
    frames: {
      sse: (event) => `id: ${event.id}\nevent: ${event.topic}\ndata: ${body(event)}\n\n`,
      ndjson: (event) => `{"id":"${event.id}","event":"${event.topic}","data":${body(event)}}\n`,
    },
  };
}

/** The envelope's own members win over those of the event. */
function dataOf({ inbox }: MeshService, event: EventRecord): string {
  const { ts: _, id: __, inbox_id, ...data } = JSON.parse(event.data) as Record<string, unknown>;
  const ts = new Date(event.ts).toISOString();
  if (event.topic !== 'message') return JSON.stringify({ ts, ...data });
  return JSON.stringify({ ts, id: inbox_id, ...data, body: inbox.body(String(inbox_id)) });
}
