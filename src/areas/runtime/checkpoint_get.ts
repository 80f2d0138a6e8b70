import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { SessionId } from './metadata';
import { CheckpointRow, wireCheckpoint } from './schema';
import './service';

const SESSION = 'example checkpoint';
const LEASE = 'an-example-of-a-lease';

export const checkpointGet = defineOp({
  name: 'runtime_checkpoint',
  summary: 'Read a checkpoint of a session with its state, the newest unless a number is given.',
  scope: 'runtime.read',
  effect: 'read',
  input: strict({ session_id: SessionId, number: t.Optional(t.Integer({ minimum: 1 })) }),
  output: strict({ checkpoint: CheckpointRow, state: t.Unknown() }),
  errors: ['no_such_checkpoint'],
  cli: { path: ['runtime', 'checkpoint'], positional: ['session_id', 'number'], essential: 'state' },
  example: { session_id: SESSION },
  exampleSetup: [
    { op: 'ccd_session_lifecycle', input: { command: 'start-session', session_id: SESSION, lease_token: LEASE } },
    { op: 'ccd_state', input: { command: 'checkpoint', session_id: SESSION, lease_token: LEASE, summary: 'half done', state: { step: 3 } } },
  ],
  handle: ({ runtime }, { session_id, number }, call) => {
    const { checkpoints } = runtime;
    const checkpoint = number === undefined ? checkpoints.latest(session_id) : checkpoints.get(session_id, number);
    if (!checkpoint) throw call.fail('no_such_checkpoint', `The session ${JSON.stringify(session_id)} has no such checkpoint.`);
    return { checkpoint: wireCheckpoint(checkpoint), state: checkpoints.state(checkpoint.checkpointId) };
  },
});
