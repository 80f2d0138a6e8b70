import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Key } from './schema';

export const configGet = defineOp({
  name: 'config_get',
  summary: 'Read one setting and where its value came from.',
  scope: 'meta.read',
  effect: 'read',
  input: strict({ key: Key }),
  output: strict({ key: t.String(), value: t.String(), source: t.String() }),
  errors: ['no_such_key'],
  cli: { path: ['config', 'get'], positional: ['key'], essential: 'value' },
  example: { key: 'log.level' },
  handle: ({ config }, input) => {
    const { key, value, source } = config.get(input.key);
    return { key, value, source };
  },
});
