import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';

export const logLevel = defineOp({
  name: 'log_level',
  summary: 'Set the log level until the daemon stops; without a level, tell the present one.',
  description: 'The same as config_set of `log.level`.',
  scope: 'meta.admin',
  effect: 'write',
  input: strict({ directive: t.Optional(t.String({ maxLength: 100, description: 'debug, info, warn or error' })) }),
  output: strict({ directive: t.String() }),
  errors: ['bad_value'],
  cli: { path: ['log', 'level'], positional: ['directive'], essential: 'directive' },
  example: { directive: 'info' },
  handle: ({ config }, input) => ({
    directive: (input.directive === undefined ? config.get('log.level') : config.set('log.level', input.directive, false).row).value,
  }),
});
