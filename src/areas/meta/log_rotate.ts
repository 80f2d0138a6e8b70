import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';

export const logRotate = defineOp({
  name: 'log_rotate',
  summary: 'Start a new log file now, whatever the size of the present one.',
  scope: 'meta.admin',
  effect: 'write',
  input: strict({}),
  output: strict({ rotated: t.Integer() }),
  errors: [],
  cli: { path: ['log', 'rotate'], essential: 'rotated' },
  example: {},
  handle: ({ logFiles }) => ({ rotated: logFiles.rotate() }),
});
