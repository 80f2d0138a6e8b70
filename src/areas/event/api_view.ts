import { nanos } from '../../kernel/clock';
import type { EventRecord } from '../../kernel/context';
import type { Filter } from './filter';
import type { FrameWriter } from './frames';
import { isVisible, type Audience } from './visibility';

/** What `/api/events` and its history are asked for. */
export interface ApiQuery {
  /** Whose private events come too. */
  readonly audience: Audience;
  /** Only events of these types; null for all. */
  readonly types: readonly string[] | null;
}

const ENVELOPE_VERSION = 1;

/**
 * An event as one JSON object. The members of its data stand beside the envelope, as agents expect them; data that is no object, or
 * has a member of the envelope's with another value, stands whole under `data`.
 */
export function apiObject(event: EventRecord): Record<string, unknown> {
  const envelope = {
    type: event.topic,
    source: event.source,
    timestamp: new Date(event.ts).toISOString().replace('Z', '+00:00'),
    v: ENVELOPE_VERSION,
    seq: event.ephemeral ? null : event.seq,
    id: event.id,
    ts_ns: nanos(event.ts),
    kind: event.kind,
    scope: event.scope,
    visibility: event.visibility,
    ...(typeof event.session === 'string' ? { session_id: event.session } : {}),
  };
  const data: unknown = JSON.parse(event.data);
  const own: Record<string, unknown> = envelope;
  const fits =
    typeof data === 'object' &&
    data !== null &&
    !Array.isArray(data) &&
    Object.entries(data).every(([name, value]) => name !== 'data' && name !== '__proto__' && (!Object.hasOwn(own, name) || own[name] === value));
  return fits ? { ...(data as object), ...envelope } : { ...envelope, data };
}

const apiFrames: FrameWriter = {
  // Without a name: an EventSource hands such frames to `onmessage`.
  sse: (event) => `id: ${event.id}\ndata: ${JSON.stringify(apiObject(event))}\n\n`,
  ndjson: (event) => `{"id":"${event.id}","event":"message","data":${JSON.stringify(apiObject(event))}}\n`,
};

export function apiFilter({ audience, types }: ApiQuery): Filter {
  const wanted = types && new Set(types);
  return {
    key: `api ${JSON.stringify([audience.sessions, wanted && [...wanted].toSorted()])}`,
    match: (event) => ((!wanted || wanted.has(event.topic)) && isVisible(event, audience) ? '' : null),
    frames: apiFrames,
  };
}
