import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { countOf } from './compare';
import { DIFFERENCES, listed, Tag } from './schema';

export const diff = defineOp({
  name: 'snapshot_diff',
  summary: 'Compare two snapshots, or one with what holds now: every kind, every shell.',
  description: 'In the order of the catalogue. Lists and associations are compared too; `attribution` also compares where something was defined.',
  scope: 'snapshot.read',
  effect: 'read',
  input: strict({
    a: Tag,
    b: t.Optional({ ...Tag, description: 'What holds now without it.' }),
    attribution: t.Optional(t.Boolean({ default: false, description: 'Another file or line is a change too.' })),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 100_000, default: 10_000, description: 'Differences to list; the summary counts all.' })),
  }),
  output: strict({ a: t.String(), b: t.String({ description: '`live` for what holds now.' }), ...DIFFERENCES }),
  errors: ['no_such_file', 'snapshot_read'],
  cli: { path: ['snapshot', 'diff'], positional: ['a', 'b'] },
  example: { a: 'before-the-move' },
  exampleSetup: [{ op: 'snapshot_save', input: { tag: 'before-the-move', force: true } }],
  handle: async ({ snapshots }, { a, b, attribution = false, limit = 10_000 }) => {
    const { differences } = await snapshots.compare(a, b ?? null, attribution);
    return { a, b: b ?? 'live', ...listed(differences, limit), summary: countOf(differences) };
  },
});
