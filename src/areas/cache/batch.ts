import { defineOp } from '../../kernel/op';
import { Name, Nanos, nullable, strict, t } from '../../kernel/schema';
import { BATCH_MAX, planBatch, runBatch } from './batching';
import { Version } from './schema';

/** Kept cheap to check, thousands of times per call: the rules of each kind are in `planBatch`. */
const Item = strict({
  op: t.Union([t.Literal('put'), t.Literal('get'), t.Literal('del'), t.Literal('incr'), t.Literal('touch')]),
  ns: t.Optional(t.String({ maxLength: 256, description: 'The namespace of this item instead of the common one.' })),
  key: t.String({ minLength: 1, maxLength: 65_536 }),
  value: t.Optional(t.Unknown()),
  value_base64: t.Optional(t.String()),
  ttl_secs: t.Optional(nullable(t.Integer({ minimum: 1, maximum: 3_153_600_000 }))),
  if_version: t.Optional(Version),
  if_absent: t.Optional(t.Boolean()),
  by: t.Optional(t.Integer()),
});

const Result = t.Object({
  ok: t.Boolean(),
  version: t.Optional(t.Integer()),
  value: t.Optional(t.Unknown()),
  value_base64: t.Optional(t.String()),
  type: t.Optional(t.String()),
  deleted: t.Optional(t.Boolean()),
  expires_at: t.Optional(nullable(Nanos)),
  code: t.Optional(t.String()),
  msg: t.Optional(t.String()),
});

export const batch = defineOp({
  name: 'cache_batch',
  summary: 'Do up to 10 000 puts, gets, deletes, increments and touches in one transaction.',
  description:
    'Each item takes the fields of its single operation (`op` = put, get, del, incr or touch); `ns` at the top serves the items without one. Items run in order and see each other. A malformed item refuses the whole call and nothing is done. ' +
    'An item the state refuses (missing key, other version, no number) is `{ok: false, code, msg}` in `results`, and the others hold. `if_version` of put and del, and `if_absent` of put, make an item conditional.',
  scope: 'cache.write',
  effect: 'write',
  input: strict({ ns: t.Optional(Name), ops: t.Array(Item, { maxItems: BATCH_MAX }) }),
  output: strict({ results: t.Array(Result), count: t.Integer(), failed: t.Integer() }),
  errors: ['too_large', 'quota_exceeded'],
  example: {
    ns: 'build',
    ops: [
      { op: 'put', key: 'a', value: { n: 1 } },
      { op: 'incr', key: 'b', by: 2 },
      { op: 'get', key: 'a' },
    ],
  },
  maxBody: 16 << 20,
  handle: ({ cache }, { ns, ops }) =>
    runBatch(cache, planBatch(cache, ns, ops)).then((results) => ({ results, count: results.length, failed: countFailed(results) })),
});

function countFailed(results: readonly { readonly ok: boolean }[]): number {
  let failed = 0;
  for (const result of results) if (!result.ok) failed++;
  return failed;
}
