import { defineOp } from '../../kernel/op';
import { render, RENDER_ERRORS, RENDER_INPUT, RENDER_OUTPUT } from './schema';

export const exportOp = defineOp({
  name: 'export',
  summary: 'Write what zd knows of a shell as shell text, JSON, YAML, text, CSV, SQL, a history file or PDF.',
  description:
    'Shell text holds definitions and nothing else: to evaluate it runs nothing, whatever the names and values hold; what a shell cannot be told safely is left out with a remark. ' +
    'Lists keep their order.',
  scope: 'export.read',
  effect: 'read',
  input: RENDER_INPUT,
  output: RENDER_OUTPUT,
  errors: RENDER_ERRORS,
  example: { target: 'aliases', format: 'sh' },
  handle: (services, input, call) => render(services, input, call, 'sh'),
});
