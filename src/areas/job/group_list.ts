import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { GroupRow } from './schema';

export const groupList = defineOp({
  name: 'group_list',
  summary: 'List the groups of jobs.',
  scope: 'job.read',
  effect: 'read',
  input: strict({}),
  output: strict({ groups: t.Array(GroupRow), count: t.Integer() }),
  errors: [],
  cli: { path: ['group', 'list'], table: { rows: 'groups' } },
  example: {},
  handle: ({ jobs }) => {
    const groups = jobs.groups();
    return { groups, count: groups.length };
  },
});
