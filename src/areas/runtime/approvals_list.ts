import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { SessionId } from './metadata';
import { ApprovalId, ApprovalKind, ApprovalListRow, ApprovalState, wireApproval } from './schema';
import './service';

export const approvalsList = defineOp({
  name: 'approvals_list',
  summary: 'List what agents ask leave for, those of sessions too, newest first; without a state, what waits for an answer.',
  scope: 'runtime.read',
  effect: 'read',
  input: strict({
    state: t.Optional(t.Union([ApprovalState, t.Literal('all')], { default: 'pending' })),
    session_id: t.Optional(SessionId),
    kind: t.Optional(ApprovalKind),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    before: t.Optional({ ...ApprovalId, description: 'Only older ones: the `next` of the page before.' }),
  }),
  output: strict({ approvals: t.Array(ApprovalListRow), count: t.Integer({ minimum: 0 }), next: nullable(ApprovalId) }),
  errors: [],
  cli: {
    path: ['approvals', 'list'],
    table: {
      rows: 'approvals',
      columns: ['approval_id', 'kind', 'state', 'tool', 'command', 'arguments', 'asked_by', 'reason', 'requested_at_ns', 'expires_at_ns'],
      relative: ['requested_at_ns', 'expires_at_ns'],
    },
  },
  example: {},
  handle: ({ runtime }, { state = 'pending', session_id = null, kind = null, limit = 100, before = Number.MAX_SAFE_INTEGER }) => {
    const query = { state: state === 'all' ? null : state, sessionId: session_id, kind, before, limit: limit + 1 };
    const found = runtime.approvals.table.list(query);
    const approvals = found.slice(0, limit).map((approval) => ({ ...wireApproval(approval), arguments: approval.arguments }));
    return { approvals, count: approvals.length, next: found.length > limit ? approvals.at(-1)!.approval_id : null };
  },
});
