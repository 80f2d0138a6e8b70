import { defineRoute } from '../../kernel/route';
import { strict, t } from '../../kernel/schema';
import { apiInput, apiQuery } from './api_input';
import { apiFilter, apiObject } from './api_view';
import './service';

const DEFAULT_LIMIT = 500;

export const apiHistory = defineRoute({
  name: 'api_events_history',
  summary: 'The newest public events, oldest first, in the form of /api/events.',
  scope: 'event.read',
  method: 'GET',
  path: '/api/events/history',
  input: strict({
    ...apiInput,
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 5000, description: `How many at most; ${DEFAULT_LIMIT} by default.` })),
    before: t.Optional(t.Integer({ minimum: 1, description: 'Only events with a smaller `seq`: the `next` of the page before.' })),
  }),
  replies: [
    {
      status: 200,
      description: 'The events, and where the next older page begins (null when there is none).',
      type: 'application/json',
      schema: t.Object({ events: t.Array(t.Object({})), next: t.Union([t.Integer(), t.Null()]) }),
    },
  ],
  errors: [],
  example: { limit: 10 },
  handle: async ({ events }, { limit = DEFAULT_LIMIT, before, ...input }, call) => {
    const { newestFirst, next } = await events.recent(apiFilter(apiQuery(input, call)), limit, before ?? null);
    return Response.json({ events: newestFirst.toReversed().map(apiObject), next }, { headers: { 'cache-control': 'no-store' } });
  },
});
