import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { Count } from './schema';

export const list = defineOp({
  name: 'snapshot_list',
  summary: 'List snapshots, by tag.',
  scope: 'snapshot.read',
  effect: 'read',
  input: strict({}),
  output: strict({
    snapshots: t.Array(
      strict({
        tag: t.String(),
        path: t.String(),
        bytes: Count,
        modified_secs: t.Integer({ description: 'Seconds since the Unix epoch.' }),
        generation: nullable(t.Number({ description: 'When it was saved, in nanoseconds; null for a damaged file.' })),
        total_rows: nullable(Count),
        shells: t.Array(t.String(), { description: 'Shells with a recording in it.' }),
        notes: nullable(t.String()),
        signed: t.Boolean({ description: 'There is a signature beside it; `snapshot_verify` tells whether it holds.' }),
      }),
    ),
    count: Count,
  }),
  errors: [],
  cli: { path: ['snapshot', 'list'], table: { rows: 'snapshots', columns: ['tag', 'total_rows', 'bytes', 'generation', 'signed', 'notes'] } },
  example: {},
  handle: async ({ snapshots }) => {
    const found = (await snapshots.list()).map(({ tag, path, bytes, modifiedMs, signed, head }) => ({
      tag,
      path,
      bytes,
      modified_secs: Math.floor(modifiedMs / 1000),
      generation: head?.generation ?? null,
      total_rows: head?.rows ?? null,
      shells: head?.bundles.map(({ shellId }) => shellId) ?? [],
      notes: head?.notes ?? null,
      signed,
    }));
    return { snapshots: found, count: found.length };
  },
});
