import { nullable, strict, t } from '../../kernel/schema';

export const Key = t.String({ minLength: 1, maxLength: 100, description: 'A configuration key such as `log.level`.' });

export const Setting = strict({
  key: t.String(),
  value: t.String({ description: 'As text; lists as JSON; tokens by label and scopes only.' }),
  source: t.String({ description: '`runtime`, `override`, `flag`, `env ZD_X`, `config.toml:12` or `default`.' }),
  type: t.String(),
  default: t.String(),
  env: nullable(t.String()),
  unit: nullable(t.String()),
  needs_restart: t.Boolean(),
  settable: t.Boolean({ description: 'Whether config_set takes this key.' }),
  doc: t.String(),
});
