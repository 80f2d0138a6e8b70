import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Setting } from './schema';

export const configList = defineOp({
  name: 'config_list',
  summary: 'List every setting: value, source, type, default and meaning.',
  scope: 'meta.read',
  effect: 'read',
  input: strict({}),
  output: strict({
    runtime: t.Record(t.String(), t.String(), { description: 'What config_set changed.' }),
    note: t.String(),
    settings: t.Array(Setting),
  }),
  errors: [],
  cli: { path: ['config', 'list'], table: { rows: 'settings', columns: ['key', 'value', 'source'] } },
  example: {},
  handle: ({ config }) => ({
    runtime: { ...config.overrides() },
    note: 'Later wins: default, config.toml, environment, flag, override (kept by config_set), runtime (config_set).',
    settings: [...config.list()],
  }),
});
