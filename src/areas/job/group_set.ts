import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { GroupName, GroupRow } from './schema';

export const groupSet = defineOp({
  name: 'group_set',
  summary: 'Say how many jobs of a group run at once, or pause the group.',
  description: 'A paused group starts nothing; what runs goes on. `parallel` 0: as the setting job.parallel says. A group that is not there is made.',
  scope: 'job.control',
  effect: 'write',
  input: strict({ name: GroupName, parallel: t.Optional(t.Integer({ minimum: 0, maximum: 65_536 })), paused: t.Optional(t.Boolean()) }),
  output: strict({ group: GroupRow }),
  errors: [],
  cli: { path: ['group', 'set'], positional: ['name'], essential: null },
  example: { name: 'build', parallel: 2 },
  handle: async ({ jobs }, { name, parallel, paused }) => {
    const change = { ...(parallel === undefined ? {} : { parallel: parallel === 0 ? null : parallel }), ...(paused === undefined ? {} : { paused }) };
    return { group: await jobs.setGroup(name, change) };
  },
});
