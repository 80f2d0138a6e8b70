import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { SessionId } from './metadata';
import { CheckpointRow, wireCheckpoint } from './schema';
import './service';

export const checkpointsList = defineOp({
  name: 'runtime_checkpoints',
  summary: 'List the checkpoints and handovers of a session, newest first.',
  scope: 'runtime.read',
  effect: 'read',
  input: strict({
    session_id: SessionId,
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    before: t.Optional(t.Integer({ minimum: 1, description: 'Only smaller numbers: the `next` of the page before.' })),
  }),
  output: strict({ checkpoints: t.Array(CheckpointRow), count: t.Integer({ minimum: 0 }), next: nullable(t.Integer()) }),
  errors: ['no_such_session'],
  cli: {
    path: ['runtime', 'checkpoints'],
    positional: ['session_id'],
    table: { rows: 'checkpoints', columns: ['number', 'kind', 'checkpoint_id', 'bytes', 'created_at_ns', 'summary'], relative: ['created_at_ns'] },
  },
  example: { session_id: 'example checkpoints' },
  exampleSetup: [
    { op: 'ccd_session_lifecycle', input: { command: 'start-session', session_id: 'example checkpoints', lease_token: 'an-example-of-a-lease' } },
  ],
  handle: ({ runtime }, { session_id, limit = 100, before = Number.MAX_SAFE_INTEGER }) => {
    runtime.sessions.touch(session_id, null);
    const found = runtime.checkpoints.list(session_id, before, limit + 1);
    const checkpoints = found.slice(0, limit).map(wireCheckpoint);
    return { checkpoints, count: checkpoints.length, next: found.length > limit ? checkpoints.at(-1)!.number : null };
  },
});
