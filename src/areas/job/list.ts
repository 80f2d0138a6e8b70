import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { GroupName, JobId, Snapshot, StateName, Tag } from './schema';

export const list = defineOp({
  name: 'job_list',
  summary: 'List jobs, newest first.',
  description: 'When `next_cursor` is not null, the next page is the same call with `cursor` set to it.',
  scope: 'job.read',
  effect: 'read',
  input: strict({
    state: t.Optional(StateName),
    tag: t.Optional(Tag),
    group: t.Optional(GroupName),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 10_000, default: 1000 })),
    cursor: t.Optional(JobId),
  }),
  output: strict({ jobs: t.Array(Snapshot), count: t.Integer({ description: 'Jobs in this reply.' }), next_cursor: nullable(JobId) }),
  errors: [],
  cli: { path: ['job', 'list'], table: { rows: 'jobs', columns: ['id', 'state', 'exit_code', 'duration_ms', 'tags', 'command'] } },
  example: { state: 'queued' },
  handle: ({ jobs, clock }, { limit = 1000, cursor, ...filter }) => {
    const listed = jobs.list({ ...filter, before: cursor, limit: limit + 1 }, clock.now());
    const more = listed.length > limit;
    if (more) listed.pop();
    return { jobs: listed, count: listed.length, next_cursor: more ? listed.at(-1)!.id : null };
  },
});
