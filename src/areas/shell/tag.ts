import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { MAX_TAGS } from './model';
import { ShellId, Tag } from './schema';
import './service';

export const tag = defineOp({
  name: 'tag',
  summary: 'Add tags to a shell, by which others find it.',
  description: 'The shell whose call this is; another one needs the scope `shell.admin`.',
  scope: 'shell.write',
  effect: 'write',
  input: strict({ tags: t.Array(Tag, { minItems: 1, maxItems: MAX_TAGS }), shell_id: t.Optional(ShellId) }),
  output: strict({ tags: t.Array(t.String()) }),
  errors: ['no_shell', 'too_many'],
  cli: { path: ['shell', 'tag'], positional: ['tags'], rest: 'tags', rename: { shell_id: 'shell' }, essential: 'tags' },
  example: { tags: ['build'], shell_id: 1 },
  exampleSetup: [{ op: 'register', input: { shell_pid: 1, shell_key: 'the key of an example' } }],
  handle: async ({ shells }, { tags, shell_id }, call) => {
    const self = shells.callerOf(call.caller)?.id;
    const id = shell_id ?? self;
    if (id === undefined) throw call.fail('no_shell', 'This call comes from no registered shell.');
    if (id !== self) call.need('shell.admin');
    const shell = await shells.retag(id, (before) => [...before, ...tags]);
    return { tags: [...shell.tags] };
  },
});
