import { nanos } from '../../kernel/clock';
import type { EventRecord } from '../../kernel/context';
import { Nanos, nullable, strict, t, type Static } from '../../kernel/schema';

/** A stored event as a list shows it. */
export const Listed = strict({
  seq: t.Integer(),
  event_id: t.String(),
  ts_ns: Nanos,
  kind: t.String(),
  scope: t.String(),
  topic: t.String(),
  source: t.String(),
  visibility: t.Union([t.Literal('public'), t.Literal('private')]),
  session_id: nullable(t.String()),
  data: t.Unknown(),
});

export const listed = ({ seq, id, ts, kind, scope, topic, source, visibility, session = null, data }: EventRecord): Static<typeof Listed> => ({
  seq,
  event_id: id,
  ts_ns: nanos(ts),
  kind,
  scope,
  topic,
  source,
  visibility,
  session_id: session,
  data: JSON.parse(data) as unknown,
});
