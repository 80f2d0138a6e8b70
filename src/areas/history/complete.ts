import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { commandOf } from './insight';

const Count = t.Integer({ minimum: 0 });

export const complete = defineOp({
  name: 'complete',
  summary: 'What a command line that begins so may become: names of commands, and whole lines of the history.',
  description: 'Names are those the shells define and those that were run; lines come by how often and how recently they were run.',
  scope: 'history.read',
  effect: 'read',
  input: strict({
    prefix: t.Optional(t.String({ maxLength: 4096, default: '' })),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 10_000, default: 64 })),
  }),
  output: strict({
    prefix: t.String(),
    commands: t.Array(t.String()),
    handlers: t.Array(strict({ command: t.String(), handler: t.String() })),
    history: t.Array(t.String()),
    totals: strict({ commands: Count, handlers: Count, history: Count }),
  }),
  errors: [],
  cli: { path: ['complete'], positional: ['prefix'], essential: 'history' },
  example: { prefix: 'gi' },
  handle: async ({ history }, { prefix = '', limit = 64 }) => {
    const { lines, total } = await history.beginningWith(prefix, limit);
    const word = /\s/.test(prefix) ? null : prefix;
    const run = word === null ? [] : lines.map(commandOf).filter((name): name is string => name?.startsWith(word) ?? false);
    const commands = word === null ? [] : [...new Set([...history.names.beginningWith(word, limit), ...run])];
    const handlers = word === null ? [] : history.names.handlers(word, limit);
    return {
      prefix,
      commands: commands.slice(0, limit),
      handlers: handlers.slice(0, limit).map(({ command, handler }) => ({ command, handler })),
      history: lines.slice(0, limit),
      totals: { commands: commands.length, handlers: handlers.length, history: total },
    };
  },
});
