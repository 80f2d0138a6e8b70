import type { ApprovalDesk, Question, QuestionEnd, Ruling } from '../../kernel/approval';
import type { Approval, ApprovalTable } from './approval_table';
import { KEPT } from './approvals';
import type { Commands } from './commands';
import { shown, type Policy } from './policy';
import { answerPath, wireApproval } from './schema';

const KINDS = { allowed: 'approval_answered', denied: 'approval_answered', expired: 'approval_expired', cancelled: 'approval_cancelled' } as const;
const NAME_CHARS = 1000;

/** What agents of sessions ask leave for, under the same rules and in the same list as the tool calls of others. Who waits is known to the session. */
export class Permissions implements ApprovalDesk {
  constructor(
    private readonly table: ApprovalTable,
    private readonly policy: Policy,
    private readonly commands: Commands,
    private readonly now: () => number,
    private readonly tell: (kind: 'approval_answered' | 'approval_expired' | 'approval_cancelled', approval: Approval) => void,
  ) {}

  judge(names: readonly string[], input: unknown): Ruling | null {
    const { decision, rule, reason } = this.policy.judgePermission(names, input);
    if (decision === 'approval_required') return null;
    return { allow: decision === 'allow', by: rule === null ? 'policy.default' : `policy.rules ${rule + 1}`, note: reason };
  }

  /** Only inside a write. */
  asked({ approvalId, session, agent, tool, input, askedAt, expiresAt, waits }: Question): void {
    const ask = {
      ...{
        kind: 'permission' as const,
        sessionApproval: approvalId,
        fingerprint: nameOf(approvalId),
        tool: tool.slice(0, NAME_CHARS),
        command: null,
      },
      ...{ arguments: shown(input), askedBy: `agent:${agent}`, sessionId: session, profile: null, reason: null },
    };
    const approval = this.table.add(ask, askedAt, expiresAt, KEPT);
    if (!waits) return;
    this.commands.note({
      ...{ family: 'runtime.approval_required', kind: 'permission_request', tool: approval.tool, command: null, sessionId: session, profile: null },
      payload: { decision: 'approval_required', approval: wireApproval(approval), answer: answerPath(approval) },
    });
  }

  /** Only inside a write. */
  settled(approvalId: string, end: QuestionEnd, by: string | null, note: string | null): void {
    const found = this.table.find(nameOf(approvalId));
    if (!found) return;
    const now = this.now();
    if (end === 'expired') this.table.expire(found.approvalId);
    else if (end === 'cancelled') this.table.cancel(found.approvalId);
    else this.table.answer(found.approvalId, end, now, by ?? '', note);
    // It waited, so it goes on at once.
    if (end === 'allowed') this.table.use(found.approvalId, now);
    this.tell(KINDS[end], this.table.get(found.approvalId)!);
  }
}

/** Takes the place of the digest of a call: of a permission there is one. */
const nameOf = (approvalId: string): string => `permission:${approvalId}`;
