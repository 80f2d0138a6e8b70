import { grants, type Caller } from '../../kernel/caller';
import { t } from '../../kernel/schema';
import type { ApiQuery } from './api_view';
import { audienceOf, SESSION_SCOPE } from './visibility';

/** The parameters that choose events, of the stream and the history alike. */
export const apiInput = {
  session: t.Optional(
    t.String({ minLength: 1, maxLength: 200, description: `The private events of this session too; needs the scope \`${SESSION_SCOPE}\`.` }),
  ),
  types: t.Optional(t.String({ minLength: 1, maxLength: 4000, description: 'Only events of these types, separated by commas.' })),
};

interface Asking {
  readonly caller: Caller;
  need(scope: typeof SESSION_SCOPE): void;
}

export function apiQuery({ session, types }: { session?: string; types?: string }, call: Asking): ApiQuery {
  // With the scope it is asked for through the call, so that a stream ends when its token loses it.
  if (session !== undefined && (grants(call.caller.scopes, SESSION_SCOPE) || !audienceOf(call.caller, session))) call.need(SESSION_SCOPE);
  return {
    audience: audienceOf(call.caller, session)!,
    types:
      types
        ?.split(',')
        .map((type) => type.trim())
        .filter(Boolean) ?? null,
  };
}
