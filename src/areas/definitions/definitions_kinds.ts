import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { CATALOG_KINDS } from './kinds';
import './service';

export const definitionsKinds = defineOp({
  name: 'definitions_kinds',
  summary: 'The kinds of definitions there are, and how many of each.',
  scope: 'defs.read',
  effect: 'read',
  input: strict({}),
  output: strict({
    kinds: t.Array(t.String(), { description: 'Those with records, sorted.' }),
    count: t.Integer({ description: 'Of those kinds.' }),
    all_known: t.Array(t.String(), { description: 'Every kind a definition can have, in the order in which they are listed.' }),
    rows: t.Record(t.String(), t.Integer(), { description: 'Records by kind.' }),
    shells: t.Record(t.String(), t.Integer(), { description: 'Records by shell.' }),
  }),
  errors: [],
  cli: { path: ['definitions', 'kinds'], table: { rows: 'rows', columns: ['key', 'value'] } },
  example: {},
  handle: ({ definitions }) => {
    const found = definitions.kinds();
    return {
      kinds: found.map(({ kind }) => kind).toSorted(),
      count: found.length,
      all_known: [...CATALOG_KINDS],
      rows: Object.fromEntries(found.map(({ kind, rows }) => [kind, rows])),
      shells: Object.fromEntries(definitions.shells().map(({ shellId, rows }) => [shellId, rows])),
    };
  },
});
