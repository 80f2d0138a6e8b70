import { grants, type Caller } from '../../kernel/caller';
import type { EventRecord } from '../../kernel/context';

/** Who reads: the sessions whose private events are for them too. */
export interface Audience {
  readonly sessions: readonly string[];
}

export const PUBLIC: Audience = { sessions: [] };
/** What it takes to read the private events of a session by naming it. */
export const SESSION_SCOPE = 'session.read';

/** The one predicate over every event, live, replayed or listed. */
export const isVisible = (event: Pick<EventRecord, 'visibility' | 'session'>, { sessions }: Audience): boolean =>
  event.visibility === 'public' || (typeof event.session === 'string' && sessions.includes(event.session));

/** The sessions a caller may hear: the one it is, and the one it names when it is granted that. Null: it names one and is not. */
export function audienceOf(caller: Caller, session?: string): Audience | null {
  const own = caller.source.startsWith('session:') ? [caller.source.slice('session:'.length)] : [];
  if (session === undefined || own.includes(session)) return own.length === 0 ? PUBLIC : { sessions: own };
  return grants(caller.scopes, SESSION_SCOPE) ? { sessions: [...own, session] } : null;
}

/**
 * The session that an event without a declared one is private to, from its data. A `session_id` that is no text cannot make an event
 * public by mistake: it is private too. What observability reports is public whatever it holds.
 */
export function sessionOf(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null;
  const { session_id: session, source } = data as Record<string, unknown>;
  if (session === undefined || session === null || source === 'observability') return null;
  return typeof session === 'string' ? session : JSON.stringify(session);
}

/** Marks data that holds credentials, such as a pairing code. */
const CREDENTIALS = '_ephemeral_credentials';

/** Data that must never be stored, without its mark; null for all other data. */
export function credentialsIn(data: unknown): Record<string, unknown> | null {
  if (typeof data !== 'object' || data === null || !(CREDENTIALS in data) || data[CREDENTIALS] !== true) return null;
  const { [CREDENTIALS]: _, ...rest } = data as Record<string, unknown>;
  return rest;
}
