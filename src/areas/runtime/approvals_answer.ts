import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { nameOf } from './commands';
import { SessionId } from './metadata';
import { ApprovalId, ApprovalRow, wireApproval } from './schema';
import './service';

export const approvalsAnswer = defineOp({
  name: 'approvals_answer',
  summary: 'Allow or deny what an agent asked leave for. An approval is answered once.',
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
  handle: async ({ runtime }, { approval_id, decision, note = null, session_id = null }, call) => {
    if (call.caller.via === 'mcp')
      throw call.fail('tool_not_allowed', 'Who asks does not answer: approvals are not answered through MCP.', {
        hint: `Ask the user to run \`zd approvals allow ${approval_id}\`.`,
      });
    const answer = { approvalId: approval_id, allow: decision === 'allow', by: nameOf(call.caller), note, sessionId: session_id };
    const approval = await runtime.approvals.answer(answer, (answered) => runtime.tellApproval('approval_answered', answered));
    return { approval: wireApproval(approval) };
  },
});
