import { t } from '../../kernel/schema';
import type { ApiQuery } from './api_view';
import { audienceFor } from './audience';
import { SessionId } from './schema';

/** The parameters that choose events, of the stream and the history alike. */
export const apiInput = {
  session: t.Optional(SessionId),
  types: t.Optional(t.String({ minLength: 1, maxLength: 4000, description: 'Only events of these types, separated by commas.' })),
};

export const apiQuery = ({ session, types }: { session?: string; types?: string }, call: Parameters<typeof audienceFor>[1]): ApiQuery => ({
  audience: audienceFor(session, call),
  types:
    types
      ?.split(',')
      .map((type) => type.trim())
      .filter(Boolean) ?? null,
});
