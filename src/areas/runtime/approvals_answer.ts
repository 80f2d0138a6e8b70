import { optionFor } from '../../kernel/approval';
import { ZdError } from '../../kernel/error';
import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import type { SessionService } from '../session/service';
import { nameOf } from './commands';
import { SessionId } from './metadata';
import { ApprovalId, ApprovalRow, wireApproval } from './schema';
import './service';

export const approvalsAnswer = defineOp({
  name: 'approvals_answer',
  summary: "Allow or deny what an agent asked leave for, a session's agent too. An approval is answered once.",
  description: 'An allowance is for one call of exactly what was asked. Agents cannot answer through MCP.',
  scope: 'runtime.admin',
  effect: 'write',
  input: strict({
    approval_id: ApprovalId,
    decision: t.Union([t.Literal('allow'), t.Literal('deny')]),
    note: t.Optional(t.String({ maxLength: 1024, description: 'Told to the agent.' })),
    session_id: t.Optional({ ...SessionId, description: 'Answer only if this session asked.' }),
  }),
  output: strict({ approval: ApprovalRow }),
  errors: ['no_such_approval', 'conflict', 'tool_not_allowed'],
  cli: { path: ['approvals', 'answer'], positional: ['approval_id', 'decision'] },
  example: { approval_id: 1, decision: 'allow' },
  exampleSetup: [{ op: 'ccd_state', input: { command: 'policy-check', tool: 'Bash', arguments: { command: 'make deploy' }, ask: true } }],
  handle: async ({ runtime, sessions }, { approval_id, decision, note = null, session_id = null }, call) => {
    if (call.caller.via === 'mcp')
      throw call.fail('tool_not_allowed', 'Who asks does not answer: approvals are not answered through MCP.', {
        hint: `Ask the user to run \`zd approvals allow ${approval_id}\`.`,
      });
    const answer = { approvalId: approval_id, allow: decision === 'allow', by: nameOf(call.caller), note, sessionId: session_id };
    const permission = runtime.approvals.permission(answer);
    if (permission) await answerPermission(sessions, permission, answer);
    else await runtime.approvals.answer(answer, (answered) => runtime.tellApproval('approval_answered', answered));
    return { approval: wireApproval(runtime.approvals.table.get(approval_id)!) };
  },
});

/** The agent of the session waits for one of its own options. */
async function answerPermission(
  sessions: SessionService,
  { session, approvalId }: { readonly session: string; readonly approvalId: string },
  { allow, by, note }: { readonly allow: boolean; readonly by: string; readonly note: string | null },
): Promise<void> {
  const asked = sessions.approvals(session).find((each) => each.approval_id === approvalId);
  if (!asked) throw new ZdError('conflict', 'The approval was answered already.');
  const option = optionFor(allow, asked.options);
  if (!option)
    throw new ZdError('bad_args', `/decision: the agent offers no ${allow ? 'allow_once' : 'reject_once'}`, {
      path: '/decision',
      hint: `It offers ${asked.options.map(({ option_id }) => option_id).join(', ')}: \`zd session answer ${session} ${approvalId} --option …\`.`,
    });
  await sessions.answer(session, { approvalId, optionId: option.option_id, by, note });
}
