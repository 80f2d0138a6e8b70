import type { Caller } from '../../kernel/caller';
import { ZdError } from '../../kernel/error';
import { isObject } from '../../kernel/json';
import type { ToolGate } from '../../kernel/tool';
import type { Approval } from './approval_table';
import type { Approvals, Verdict } from './approvals';
import { nameOf, type Commands } from './commands';
import { digestOf } from './lease';
import { commandOf, judge, type Decision, type Glob, type Judgement, type Rule, type Subject } from './policy_model';
import { answerPath, wireApproval } from './schema';

export interface PolicySettings {
  readonly rules: readonly Rule[];
  readonly fallback: Decision;
  /** How long a tool call waits for the user. */
  readonly waitMs: number;
}

export interface Question {
  readonly caller: Caller;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly sessionId: string | null;
  readonly profile: string | null;
  readonly reason: string | null;
  readonly use: boolean;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** Bytes of the arguments an approval shows. */
const SHOWN_BYTES = 4096;
const SECRET = /token|secret|passw|authorization|credential|api_?key/i;

/** What agents may do: by the rules of the configuration, and where those say so by the user's answer. */
export class Policy {
  constructor(
    private readonly settings: () => PolicySettings,
    private readonly glob: Glob,
    /** What an operation of zd does; null for a name that is none. */
    readonly effectOf: (tool: string) => Subject['effect'],
    private readonly approvals: Approvals,
    private readonly commands: Commands,
  ) {}

  judge(tool: string, args: Readonly<Record<string, unknown>>): Judgement {
    const { rules, fallback } = this.settings();
    return judge({ tool, arguments: args, effect: this.effectOf(tool) }, rules, fallback, this.glob);
  }

  /** What the rules say of what a hosted agent asks leave for. Where none of them fits it is for the user, unless all else is denied. */
  judgePermission(names: readonly string[], input: unknown): Judgement {
    const { rules, fallback } = this.settings();
    const args = isObject(input) ? input : { input };
    return judge({ tool: '', names, arguments: args, effect: null }, rules, fallback === 'deny' ? 'deny' : 'approval_required', this.glob);
  }

  /** The user's answer to a call the rules leave to them. `asked` adds to the transaction that stores a new question. */
  ask({ caller, tool, args, sessionId, profile, reason, use, waitMs, signal }: Question, asked: (approval: Approval) => void): Promise<Verdict> {
    const askedBy = nameOf(caller);
    // A call of zd's own tool names its session among its arguments, or none: a check before it has to find the same approval.
    const session = this.effectOf(tool) === null ? sessionId : null;
    const fingerprint = digestOf(JSON.stringify([askedBy, tool, session, ordered(args)]));
    const ask = {
      kind: 'tool_call' as const,
      sessionApproval: null,
      fingerprint,
      tool,
      command: commandOf(args),
      arguments: shown(args),
      askedBy,
      sessionId,
      profile,
      reason,
    };
    return this.approvals.request({ ask, use, waitMs, signal, asked });
  }

  /** Stands before every tool call. Throws `policy_denied`, and `approval_required` when nobody answered within the bound. */
  readonly gate: ToolGate = (call, signal) => {
    const { rules, fallback } = this.settings();
    if (rules.length === 0 && fallback === 'allow') return;
    const judgement = this.judge(call.tool, call.args);
    if (judgement.decision === 'allow') return;
    if (judgement.decision === 'deny') throw denied(call.tool, judgement);
    return this.wait(call, judgement, signal());
  };

  private async wait({ tool, args, caller, requestId }: Parameters<ToolGate>[0], { rule, reason }: Judgement, signal: AbortSignal): Promise<void> {
    const [sessionId, profile] = [sessionOf(args), textOf(args.profile)];
    const { waitMs } = this.settings();
    const { state, approval } = await this.ask({ caller, tool, args, sessionId, profile, reason, use: true, waitMs, signal }, (made) =>
      this.commands.note({
        ...{ family: 'runtime.approval_required', kind: 'policy_check', tool, command: made.command, requestId, sessionId, profile },
        payload: { decision: 'approval_required', rule, reason, approval: wireApproval(made), answer: answerPath(made) },
      }),
    );
    if (state === 'allowed') return;
    const extra = { approval_id: approval.approvalId, tool, answer: answerPath(approval) };
    if (state === 'denied')
      throw new ZdError('policy_denied', `The user does not allow this call of ${tool}${approval.note === null ? '' : `: ${approval.note}`}.`, {
        hint: 'Do something else; the same call is not asked about again for now.',
        extra,
      });
    const hint = `Ask the user to run \`zd approvals allow ${approval.approvalId}\`, then make the same call again.`;
    const why = state === 'expired' ? 'expired without an answer' : 'has no answer yet';
    throw new ZdError('approval_required', `${tool} needs the user's approval, and approval ${approval.approvalId} ${why}.`, { hint, extra });
  }
}

const denied = (tool: string, { rule, reason }: Judgement): ZdError =>
  new ZdError('policy_denied', `The policy does not allow this call of ${tool}${reason === null ? '' : `: ${reason}`}.`, {
    extra: { tool, rule, reason },
  });

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** The session a call is of, as far as its arguments say. */
const sessionOf = ({ session_id, runtime }: Readonly<Record<string, unknown>>): string | null =>
  textOf(session_id) ?? textOf((runtime as { session_id?: unknown } | null | undefined)?.session_id);

/** Arguments as a person may read them: without what is named as a secret, and not longer than a screen. */
export function shown(args: unknown): string {
  const text = JSON.stringify(args ?? null, (key, value: unknown) => (SECRET.test(key) ? '[hidden]' : value));
  return text.length > SHOWN_BYTES ? `${text.slice(0, SHOWN_BYTES)}…` : text;
}

/** The same arguments in another order are the same. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, ordered(item)]);
}
