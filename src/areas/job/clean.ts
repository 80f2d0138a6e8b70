import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { isOver } from './model';
import { GroupName, StateName, Tag } from './schema';

export const clean = defineOp({
  name: 'job_clean',
  summary: 'Forget all jobs that are over, with their output.',
  description: 'Filters narrow it down. By itself zd forgets jobs beyond job.keep_ended and older than job.keep_secs.',
  scope: 'job.write',
  effect: 'destructive',
  input: strict({
    state: t.Optional(StateName),
    tag: t.Optional(Tag),
    group: t.Optional(GroupName),
    older_than_secs: t.Optional(t.Number({ minimum: 0, maximum: 3_153_600_000, default: 0, description: 'Since their end.' })),
  }),
  output: strict({ removed: t.Integer({ minimum: 0 }) }),
  errors: [],
  cli: { path: ['job', 'clean'], rename: { older_than_secs: 'older-than' }, essential: 'removed' },
  example: { state: 'exited' },
  handle: async ({ jobs }, { older_than_secs = 0, ...filter }, call) => {
    if (filter.state !== undefined && !isOver(filter.state))
      throw call.fail('bad_args', '/state: only jobs that are over can be removed', { path: '/state' });
    return { removed: (await jobs.clean({ ...filter, olderThanMs: older_than_secs * 1000 })).length };
  },
});
