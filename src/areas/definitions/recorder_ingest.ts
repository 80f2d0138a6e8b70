import { defineOp } from '../../kernel/op';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import { Bundle } from './bundle';
import { ingest } from './ingest';
import './service';

const Count = t.Integer({ minimum: 0 });

export const recorderIngest = defineOp({
  name: 'recorder_ingest',
  summary: 'Make a recorded bundle the definitions of its shell.',
  description: [
    'One transaction: the events take effect by order_idx, each after the one before, and what the bundle does not mention is gone from its shell (see `replace`).',
    'Records of other shells stay; an event with a shell_id of its own changes only the records it names there.',
    'Words of neither vocabulary are counted in unknown_kinds and change nothing.',
  ].join('\n'),
  scope: 'recorder.write',
  effect: 'write',
  input: Bundle,
  output: strict({
    shell_id: t.String(),
    events_ingested: Count,
    rows_written: Count,
    shard_path: t.String({ description: 'Always empty: there is one store.' }),
    elapsed_ms: Count,
    started_at_ns: t.Integer(),
    finished_at_ns: t.Integer(),
    generation: t.Integer(),
    cmdline: nullable(t.String()),
    set_at_ns: Nanos,
    kinds: t.Record(t.String(), strict({ inserted: Count, updated: Count, unchanged: Count, removed: Count })),
    unknown_kinds: t.Record(t.String(), Count, { description: 'How often a word came that no kind is behind.' }),
    redacted: t.Integer({ minimum: 0, description: 'Values withheld because of `redact`.' }),
  }),
  errors: ['too_large', 'quota_exceeded'],
  example: {
    shell_id: 'tool:example',
    started_at_ns: 1_790_000_000_000_000_000,
    finished_at_ns: 1_790_000_000_100_000_000,
    events: [
      { order_idx: 0, ts_ns: 1_790_000_000_000_000_000, kind: 'alias', name: 'll', value: 'ls -l', file: '/home/me/.zshrc', line: 3 },
      { order_idx: 1, ts_ns: 1_790_000_000_000_000_000, kind: 'setopt', name: 'extendedglob' },
    ],
  },
  maxBody: 64 << 20,
  uniqueKeys: true,
  handle: ({ definitions, clock }, bundle) => ingest(definitions, bundle, clock.monotonic(), () => clock.monotonic()),
});
