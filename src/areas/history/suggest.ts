import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import { Folder } from './schema';

/** Somebody is typing: what is not found by then comes too late. */
const BUDGET_MS = 20;

export const suggest = defineOp({
  name: 'suggest',
  summary: 'The newest command that begins with a text: run in this folder, or else anywhere.',
  scope: 'history.read',
  effect: 'read',
  input: strict({ prefix: t.Optional(t.String({ maxLength: 4096, default: '' })), cwd: t.Optional(Folder) }),
  output: strict({
    prefix: t.String(),
    suggestion: nullable(t.String()),
    ts_ns: nullable(Nanos),
    cwd: nullable(t.String({ description: 'Where it was run.' })),
    matched: t.Boolean(),
  }),
  errors: [],
  cli: { path: ['suggest'], positional: ['prefix'], paths: ['cwd'], essential: 'suggestion' },
  example: { prefix: 'git' },
  handle: async ({ history }, { prefix = '', cwd }) => {
    const places = cwd === undefined ? [{}] : [{ cwd }, {}];
    for (const place of prefix === '' ? [] : places) {
      const { hits } = await history.query({
        ...{ ...place, filter: prefix, mode: 'prefix', order: 'time', ignoreCase: false, distinct: true, descending: true },
        // The text itself is no suggestion for it; every line comes once, so the second is another.
        ...{ limit: 2, cursor: null, budgetMs: BUDGET_MS },
      });
      const found = hits.find(({ entry }) => entry.line !== prefix)?.entry;
      if (found) return { prefix, suggestion: found.line, ts_ns: nanos(found.ts), cwd: found.cwd, matched: true };
    }
    return { prefix, suggestion: null, ts_ns: null, cwd: null, matched: false };
  },
});
