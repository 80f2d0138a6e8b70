import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, strict, t } from '../../kernel/schema';
import { Profile } from './metadata';
import './service';

export const memoryGet = defineOp({
  name: 'runtime_memory',
  summary: 'Read what a profile remembers, as the newest compaction left it.',
  scope: 'runtime.read',
  effect: 'read',
  input: strict({ profile: Profile }),
  output: strict({
    profile: t.String(),
    revision: t.Integer({ minimum: 0, description: '0: nothing yet.' }),
    digest: t.String(),
    written_at_ns: Nanos,
    entries: t.Array(strict({ key: t.String(), text: t.String() })),
  }),
  errors: [],
  cli: { path: ['runtime', 'memory'], positional: ['profile'], table: { rows: 'entries', columns: ['key', 'text'] } },
  example: { profile: 'main' },
  handle: ({ runtime }, { profile }) => {
    const { revision, digest, writtenAt, entries } = runtime.memories.get(profile);
    return { profile, revision, digest, written_at_ns: nanos(writtenAt), entries: [...entries] };
  },
});
