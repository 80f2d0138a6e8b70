import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { checkPush, pairsOf, push, subsystemOf } from './canonical';
import { DEFAULT_SHELL, ShellId } from './schema';
import './service';

export const pushCanonical = defineOp({
  name: 'push_canonical',
  summary: 'Store rows of one subsystem of the catalogue.',
  description: [
    'An object is one row per member and is added to what is there; an array is a list and replaces it; anything else is one row with an empty key.',
    'Folders of path, fpath and manpath may neither be empty nor stand twice, those of path must be there.',
  ].join('\n'),
  scope: 'import.write',
  effect: 'write',
  input: strict({
    subsystem: t.String({ minLength: 1, maxLength: 64 }),
    value: t.Unknown(),
    shell_id: t.Optional({ ...ShellId, default: DEFAULT_SHELL }),
  }),
  output: strict({
    promoted: t.Integer({ description: 'Rows that were given.' }),
    subsystem: t.String(),
    shell_id: t.String(),
    row_count: t.Integer({ description: 'Rows the subsystem has now.' }),
    delta_walked_dirs: t.Integer({ description: 'Folders of path or fpath that were not listed before.' }),
    generation: t.Integer(),
  }),
  errors: ['bad_subsystem', 'bad_value', 'duplicate_key', 'empty_dir', 'duplicate_dir', 'no_such_dir', 'too_large', 'quota_exceeded'],
  cli: { path: ['definitions', 'push'], positional: ['subsystem', 'value'], json: ['value'], essential: 'row_count' },
  example: { subsystem: 'alias', value: { gst: 'git status', ll: 'ls -l' } },
  maxBody: 16 << 20,
  uniqueKeys: true,
  handle: async ({ definitions }, { subsystem, value, shell_id = DEFAULT_SHELL }) => {
    const kind = subsystemOf(subsystem);
    const pairs = pairsOf(kind, value);
    await checkPush(kind, value, pairs);
    return push(definitions, shell_id, kind, value, pairs);
  },
});
