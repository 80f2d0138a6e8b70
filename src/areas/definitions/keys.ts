import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { subsystemOf } from './canonical';
import { DEFAULT_SHELL, ShellId } from './schema';
import './service';

/** The parameters in which zsh's completion system keeps these. */
const ALIASES: Readonly<Record<string, string>> = { _comps: 'compdef', _services: 'service', _patcomps: 'patcomp', _postpatcomps: 'postpatcomp' };

export const keys = defineOp({
  name: 'keys',
  summary: 'The names in one subsystem of the catalogue, sorted.',
  scope: 'meta.read',
  effect: 'read',
  input: strict({
    param: t.Optional(t.String({ minLength: 1, maxLength: 64, default: 'compdef', description: 'A subsystem; `_comps` is compdef.' })),
    shell_id: t.Optional({ ...ShellId, default: DEFAULT_SHELL }),
  }),
  output: strict({ param: t.String(), keys: t.Array(t.String()), count: t.Integer() }),
  errors: ['bad_subsystem'],
  cli: { path: ['definitions', 'keys'], positional: ['param'], essential: 'keys' },
  example: { param: 'compdef' },
  handle: async ({ definitions }, { param = 'compdef', shell_id = DEFAULT_SHELL }, call) => {
    const kind = subsystemOf(Object.hasOwn(ALIASES, param) ? ALIASES[param]! : param);
    const found: string[] = [];
    for await (const { name } of definitions.read({ kind, shellId: shell_id }, call.signal)) found.push(name);
    return { param, keys: found, count: found.length };
  },
});
