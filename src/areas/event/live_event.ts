import type { EventDraft, EventRecord } from '../../kernel/context';
import { credentialsIn } from './visibility';

/**
 * An event that is sent and never stored, at the place of the last stored one. Credentials lose their mark, and are for nobody when not
 * everybody who listens had to say who it is.
 */
export function liveEvent(
  { kind, scope, topic, source, session = null, ...draft }: EventDraft,
  place: Pick<EventRecord, 'seq' | 'id' | 'ts'>,
  authenticated: boolean,
): EventRecord {
  const credentials = credentialsIn(draft.data);
  const hidden = credentials !== null && !authenticated;
  return {
    ...place,
    kind,
    scope,
    also: draft.also?.length ? draft.also.join('\n') : null,
    topic,
    source,
    visibility: hidden ? 'private' : (draft.visibility ?? (session === null ? 'public' : 'private')),
    session: hidden ? null : session,
    data: JSON.stringify(credentials ?? draft.data ?? null),
    ephemeral: true,
  };
}
