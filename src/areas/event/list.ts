import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { Listed, listed } from './listed';
import { parsePattern } from './pattern';
import { SessionId, SinceText } from './schema';
import { parseSince } from './since';
import { audienceOf, SESSION_SCOPE } from './visibility';
import './service';

const Glob = (what: string) => t.Optional(t.String({ minLength: 1, maxLength: 512, description: `${what} with \`*\` and \`?\`.` }));

export const eventList = defineOp({
  name: 'event_list',
  summary: 'Search the stored events, oldest first.',
  description:
    'When `truncated` is true the next page is the same call with `cursor` set to `next_cursor`: it begins exactly behind this one, however many events come in between. `complete` is false when retention has removed events of the range asked for.',
  scope: 'event.read',
  effect: 'read',
  input: strict({
    kind: t.Optional(
      t.String({ minLength: 1, maxLength: 64, description: '`pub` for what was published, and one for each part of zd that reports.' }),
    ),
    scope: Glob('Whose events, for example `job:*`,'),
    topic: Glob('What happened, for example `build.*`,'),
    since: t.Optional(SinceText),
    until: t.Optional(t.String({ minLength: 1, maxLength: 100, description: 'The same; a number or id is included, a time is not.' })),
    order: t.Optional(t.Union([t.Literal('asc'), t.Literal('desc')], { default: 'asc', description: '`desc`: newest first.' })),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    cursor: t.Optional(t.String({ minLength: 1, maxLength: 100 })),
    session_id: t.Optional(SessionId),
  }),
  output: strict({
    events: t.Array(Listed),
    count: t.Integer({ description: 'Events in this reply.' }),
    truncated: t.Boolean(),
    next_cursor: nullable(t.String()),
    complete: t.Boolean(),
  }),
  errors: ['bad_pattern'],
  cli: { path: ['event', 'list'], essential: 'events', table: { rows: 'events', columns: ['seq', 'kind', 'scope', 'topic', 'data'] } },
  example: { topic: 'build.*', since: '10m', limit: 10 },
  exampleSetup: [{ op: 'publish', input: { topic: 'build.done' } }],
  handle: async ({ events, clock }, { scope = '*', topic = '*', since, until, session_id, ...rest }, call) => {
    const pattern = scope.includes('.') ? `"${scope}": a scope has no dot` : parsePattern(`${scope}.${topic}`);
    if (typeof pattern === 'string') throw call.fail('bad_pattern', `${pattern}.`, { path: scope === '*' ? '/topic' : '/scope' });
    const audience = audienceOf(call.caller, session_id);
    if (!audience) throw call.fail('scope_denied', undefined, { path: '/session_id', extra: { required_scope: SESSION_SCOPE } });
    const bound = (text: string | undefined, path: string) => {
      const parsed = text === undefined ? undefined : parseSince(text, clock.now());
      if (typeof parsed === 'string') throw call.fail('bad_args', `${path}: ${parsed}.`, { path });
      return parsed;
    };
    const query = { order: 'asc' as const, limit: 100, ...rest, pattern, audience, since: bound(since, '/since'), until: bound(until, '/until') };
    const page = await events.list(query, call.signal);
    if (!page) throw call.fail('bad_args', '/cursor: not of this log and order.', { path: '/cursor' });
    const { next, complete } = page;
    return { events: page.events.map(listed), count: page.events.length, truncated: next !== null, next_cursor: next, complete };
  },
});
