import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { countOf, fingerprint } from './compare';
import { Count, Tag } from './schema';

const Side = nullable(strict({ sha256: t.String(), bytes: Count, value: t.String({ description: 'Its first 200 characters.' }) }));

export const bisect = defineOp({
  name: 'snapshot_bisect',
  summary: 'Find the first definition in which a bad state differs from a good one.',
  scope: 'snapshot.read',
  effect: 'read',
  input: strict({ good: Tag, bad: t.Optional({ ...Tag, description: 'What holds now without it.' }) }),
  output: strict({
    good: t.String(),
    bad: t.String({ description: '`live` for what holds now.' }),
    diverged: t.Boolean(),
    first: nullable(
      strict({
        kind: t.String(),
        key: t.String(),
        shell_id: t.String(),
        change: t.Union([t.Literal('added'), t.Literal('removed'), t.Literal('changed')]),
        good: Side,
        bad: Side,
      }),
    ),
    good_records: Count,
    bad_records: Count,
    added: Count,
    removed: Count,
    changed: Count,
  }),
  errors: ['no_such_file', 'snapshot_read'],
  cli: { path: ['snapshot', 'bisect'], positional: ['good', 'bad'] },
  example: { good: 'before-the-move' },
  exampleSetup: [{ op: 'snapshot_save', input: { tag: 'before-the-move', force: true } }],
  handle: async ({ snapshots }, { good, bad }) => {
    const { differences, rowsBefore, rowsAfter } = await snapshots.compare(good, bad ?? null, false);
    const [first] = differences;
    return {
      good,
      bad: bad ?? 'live',
      diverged: first !== undefined,
      first: first
        ? {
            ...{ kind: first.kind, key: first.name, shell_id: first.shellId, change: first.change },
            good: fingerprint(first.from),
            bad: fingerprint(first.to),
          }
        : null,
      good_records: rowsBefore,
      bad_records: rowsAfter,
      ...countOf(differences),
    };
  },
});
