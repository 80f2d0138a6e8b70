import type { Caller, Scope } from '../../kernel/caller';
import { audienceOf, SESSION_SCOPE, type Audience } from './visibility';

interface Asking {
  readonly caller: Caller;
  need(scope: Scope): void;
}

/** Who hears through a call that names this session, or none. Naming another session than its own needs the scope for as long as the call lasts. */
export function audienceFor(session: string | undefined, call: Asking): Audience {
  if (session !== undefined && call.caller.source !== `session:${session}`) call.need(SESSION_SCOPE);
  return audienceOf(call.caller, session)!;
}
