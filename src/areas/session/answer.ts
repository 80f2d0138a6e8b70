import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { APPROVAL, named, SessionName, speaker, wireApproval } from './schema';

/** Which kind of option a decision means. Saying yes once never says it for ever. */
const KINDS = { allow: 'allow_once', always: 'allow_always', deny: 'reject_once', never: 'reject_always' } as const;

export const answer = defineOp({
  name: 'session_answer',
  summary: 'Answer what an agent asks before it goes on.',
  description: 'By `option_id`, or by `decision`, which takes the option of that kind. The first answer holds. Agents cannot answer through MCP.',
  scope: 'session.write',
  effect: 'write',
  input: strict({
    id: SessionName,
    approval_id: t.String({ minLength: 1, maxLength: 128 }),
    decision: t.Optional(t.Union([t.Literal('allow'), t.Literal('always'), t.Literal('deny'), t.Literal('never')])),
    option_id: t.Optional(t.String({ minLength: 1, maxLength: 1000 })),
  }),
  output: strict(APPROVAL),
  errors: ['no_such_session', 'no_such_approval', 'conflict', 'tool_not_allowed'],
  cli: { path: ['session', 'answer'], positional: ['id', 'approval_id', 'decision'], rename: { option_id: 'option' }, essential: 'state' },
  example: { id: 'answer', approval_id: 'answer.a1', decision: 'allow' },
  exampleSetup: [
    { op: 'session_new', input: { agent: 'example', cwd: '/', id: 'answer' } },
    { op: 'session_prompt', input: { id: 'answer', text: 'permission', wait_secs: 60 } },
  ],
  handle: async ({ sessions }, { id, approval_id: approvalId, decision, option_id }, call) => {
    if (call.caller.via === 'mcp')
      throw call.fail('tool_not_allowed', 'Who asks does not answer: approvals are not answered through MCP.', {
        hint: 'Ask the user to answer, for example with `zd approvals`.',
      });
    const session = named(sessions, id);
    if ((decision === undefined) === (option_id === undefined))
      throw call.fail('bad_args', '/option_id: give either option_id or decision', { path: '/option_id' });
    const kind = decision && KINDS[decision];
    const pending = sessions.approvals(session).find(({ approval_id }) => approval_id === approvalId);
    const optionId = option_id ?? pending?.options.find((option) => option.kind === kind)?.option_id;
    if (pending && optionId === undefined) throw call.fail('bad_args', `/decision: the agent offers no ${kind}`, { path: '/decision' });
    return wireApproval(await sessions.answer(session, { approvalId, optionId: optionId ?? '', by: speaker(call.caller) }));
  },
});
