import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Key } from './schema';

export const configSet = defineOp({
  name: 'config_set',
  summary: 'Change a setting of the running daemon at once.',
  description:
    'Holds until the daemon stops; with `persist` also after that. A null value takes back what was set this way. What decides who may come in (`http.*`) is set in config.toml only.',
  scope: 'meta.admin',
  effect: 'write',
  input: strict({
    key: Key,
    value: t.Unknown({ description: 'A string, number, boolean or list; null takes the change back.' }),
    persist: t.Optional(t.Boolean({ default: false, description: 'Keep it for later starts.' })),
  }),
  output: strict({ key: t.String(), value: t.String(), prior: t.String(), source: t.String(), persisted: t.Boolean() }),
  errors: ['no_such_key', 'bad_value'],
  cli: { path: ['config', 'set'], positional: ['key', 'value'], essential: 'value' },
  example: { key: 'log.level', value: 'info' },
  handle: ({ config }, input) => {
    const persisted = input.persist ?? false;
    const { row, prior } = config.set(input.key, input.value, persisted);
    return { key: row.key, value: row.value, prior, source: row.source, persisted };
  },
});
