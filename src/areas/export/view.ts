import { defineOp } from '../../kernel/op';
import { render, RENDER_ERRORS, RENDER_INPUT, RENDER_OUTPUT } from './schema';

export const view = defineOp({
  name: 'view',
  summary: 'Show what zd knows of a shell: the same as `export`, as text for a person when no format is named.',
  scope: 'export.read',
  effect: 'read',
  input: RENDER_INPUT,
  output: RENDER_OUTPUT,
  errors: RENDER_ERRORS,
  example: { target: 'path' },
  handle: (services, input, call) => render(services, input, call, 'text'),
});
