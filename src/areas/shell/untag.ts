import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { MAX_TAGS } from './model';
import { ShellId, Tag } from './schema';
import './service';

export const untag = defineOp({
  name: 'untag',
  summary: 'Remove tags from a shell, or all of them.',
  description: 'The shell whose call this is; another one needs the scope `shell.admin`. An empty list removes all, as `all` does.',
  scope: 'shell.write',
  effect: 'write',
  input: strict({
    tags: t.Optional(t.Array(Tag, { maxItems: MAX_TAGS })),
    all: t.Optional(t.Boolean({ default: false })),
    shell_id: t.Optional(ShellId),
  }),
  output: strict({ tags: t.Array(t.String(), { description: 'What is left.' }) }),
  errors: ['no_shell'],
  cli: { path: ['shell', 'untag'], positional: ['tags'], rest: 'tags', rename: { shell_id: 'shell' }, essential: 'tags' },
  example: { tags: ['build'], shell_id: 1 },
  exampleSetup: [{ op: 'register', input: { shell_pid: 1, shell_key: 'the key of an example' } }],
  handle: async ({ shells }, { tags, all = false, shell_id }, call) => {
    if (tags === undefined && !all) throw call.fail('bad_args', '/tags: needed unless all is true', { path: '/tags' });
    const self = shells.callerOf(call.caller)?.id;
    const id = shell_id ?? self;
    if (id === undefined) throw call.fail('no_shell', 'This call comes from no registered shell.');
    if (id !== self) call.need('shell.admin');
    const every = all || tags!.length === 0;
    const shell = await shells.retag(id, (before) => (every ? [] : before.filter((each) => !tags!.includes(each))));
    return { tags: [...shell.tags] };
  },
});
