import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, strict, t } from '../../kernel/schema';
import type { Staged } from './memories';
import { sizeOf } from './memory_model';
import { Block, Profile, RuntimeRequest, SessionId } from './metadata';
import './service';

const Count = t.Integer({ minimum: 0 });

export const memory = defineOp({
  name: 'ccd_memory',
  summary: 'Compact what you remember into what a profile remembers, and store it.',
  description: [
    'The latest text of each key holds, an empty text removes its key, of two keys with the same text the later stays, and the oldest go over runtime.memory_bytes.',
    'Compacting the same again changes nothing: `staged_write.outcome` is `idempotent_noop` then, `applied` otherwise. With `dry_run` nothing is stored and there is no `write_result`.',
  ].join('\n'),
  scope: 'runtime.write',
  effect: 'write',
  input: strict({
    command: t.Literal('memory-compact'),
    profile: t.Optional(Profile),
    session_id: t.Optional(SessionId),
    entries: t.Array(strict({ key: t.String({ minLength: 1, maxLength: 256 }), text: t.String({ maxLength: 65_536 }) }), { maxItems: 10_000 }),
    expected_revision: t.Optional({ ...Count, description: 'Refuse when somebody else compacted since.' }),
    dry_run: t.Optional(t.Boolean()),
    runtime: t.Optional(RuntimeRequest),
  }),
  output: strict({
    profile: t.String(),
    staged_write: strict({
      outcome: t.Union([t.Literal('applied'), t.Literal('idempotent_noop')]),
      revision: Count,
      digest: t.String(),
      entries: Count,
      bytes: Count,
      ...{ replaced: Count, repeated: Count, removed: Count, evicted: Count },
    }),
    write_result: t.Optional(strict({ revision: Count, written_at_ns: Nanos })),
    runtime: Block,
  }),
  errors: ['version_mismatch', 'no_such_session'],
  cli: { path: ['runtime', 'compact'], positional: ['command', 'profile'] },
  example: { command: 'memory-compact', profile: 'main', entries: [{ key: 'build', text: 'run make before the tests' }] },
  handle: ({ runtime }, { command, ...input }, call) =>
    runtime.commands.run<MemoryResult>('ccd_memory', { command, ...input }, call, (tell) =>
      runtime.write(() => {
        const { session_id, entries, expected_revision = null, dry_run = false } = input;
        const session = session_id === undefined ? null : runtime.sessions.touch(session_id, null);
        const profile = session?.profile ?? input.profile ?? 'unknown';
        const staged = runtime.memories.stage(profile, entries, expected_revision);
        if (staged.changed && !dry_run) runtime.memories.write(profile, staged.after);
        const result = resultOf(profile, staged, dry_run);
        tell(result);
        return result;
      }),
    ),
});

function resultOf(profile: string, { after, changed, compaction }: Staged, dryRun: boolean) {
  const { replaced, repeated, removed, evicted } = compaction;
  const bytes = after.entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  const staged = { revision: after.revision, digest: after.digest, entries: after.entries.length, bytes, replaced, repeated, removed, evicted };
  const outcome: 'applied' | 'idempotent_noop' = changed ? 'applied' : 'idempotent_noop';
  const written: { write_result?: { revision: number; written_at_ns: number } } = dryRun
    ? {}
    : { write_result: { revision: after.revision, written_at_ns: nanos(after.writtenAt) } };
  return { profile, staged_write: { outcome, ...staged }, ...written };
}

type MemoryResult = ReturnType<typeof resultOf>;
