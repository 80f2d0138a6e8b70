import type { Call } from '../../kernel/context';
import type { Tell } from './commands';
import { digestOf } from './lease';
import { answerPath, wireApproval, wireCheckpoint, wireSession } from './schema';
import type { RuntimeService } from './service';
import { handOver } from './session_model';

export interface StateInput {
  readonly command: 'checkpoint' | 'handover' | 'policy-check' | 'export' | 'radar';
  readonly session_id?: string;
  readonly profile?: string;
  readonly lease_token?: string;
  readonly key?: string;
  readonly summary?: string;
  readonly state?: unknown;
  readonly tool?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly ask?: boolean;
  readonly wait_secs?: number;
}

export type StateResult = Readonly<Record<string, unknown>> & { readonly profile: string };

/** One command of `ccd_state` under way. */
export class StateCommand {
  constructor(
    private readonly runtime: RuntimeService,
    private readonly input: StateInput,
    private readonly call: Pick<Call<'too_large'>, 'caller' | 'signal' | 'fail'>,
    private readonly tell: Tell<StateResult>,
  ) {}

  run(): Promise<StateResult> | StateResult {
    switch (this.input.command) {
      case 'checkpoint':
        return this.checkpoint();
      case 'handover':
        return this.handover();
      case 'policy-check':
        return this.policyCheck();
      case 'export':
        return this.export();
      case 'radar':
        return this.radar();
    }
  }

  private needed<N extends keyof StateInput>(name: N): NonNullable<StateInput[N]> {
    const value = this.input[name];
    if (value === undefined) throw this.call.fail('bad_args', `/${name}: ${this.input.command} needs it`, { path: `/${name}` });
    return value as NonNullable<StateInput[N]>;
  }

  private draft(kind: 'checkpoint' | 'handover') {
    const { key = null, summary = null, state = null } = this.input;
    const text = JSON.stringify(state);
    const limit = this.runtime.checkpointBytes();
    if (Buffer.byteLength(text) > limit)
      throw this.call.fail('too_large', `/state: larger than ${limit} bytes (runtime.checkpoint_bytes)`, { path: '/state', extra: { limit } });
    return { kind, key, summary, state: text };
  }

  private checkpoint(): Promise<StateResult> {
    const { runtime, tell } = this;
    const [sessionId, lease] = [this.needed('session_id'), digestOf(this.needed('lease_token'))];
    const draft = this.draft('checkpoint');
    return runtime.write(() => {
      const session = runtime.sessions.touch(sessionId, lease);
      const { checkpoint, stored } = runtime.checkpoints.add(session, draft);
      const result = { profile: session.profile, session: wireSession(runtime.sessions, session), checkpoint: wireCheckpoint(checkpoint), stored };
      tell(result);
      return result;
    });
  }

  private handover(): Promise<StateResult> {
    const { runtime, tell } = this;
    const [sessionId, lease] = [this.needed('session_id'), digestOf(this.needed('lease_token'))];
    const draft = this.draft('handover');
    return runtime.sessions.decide(
      sessionId,
      (found, at) => handOver(found, lease, at),
      (session) => {
        const { checkpoint, stored } = runtime.checkpoints.add(session, draft);
        const result = { profile: session.profile, session: wireSession(runtime.sessions, session), checkpoint: wireCheckpoint(checkpoint), stored };
        tell(result);
        return result;
      },
    );
  }

  private async policyCheck(): Promise<StateResult> {
    const { profile = 'unknown', session_id: sessionId = null, arguments: args = {}, wait_secs = 0 } = this.input;
    const tool = this.needed('tool');
    const { policy } = this.runtime;
    const { decision: judged, rule, reason } = policy.judge(tool, args);
    const decision = this.input.ask && judged === 'allow' ? 'approval_required' : judged;
    const about = { profile, rule, reason };
    if (decision !== 'approval_required') return { ...about, decision, approval: null, answer: null };
    const question = { caller: this.call.caller, tool, args, sessionId, profile, reason, waitMs: wait_secs * 1000, signal: this.call.signal };
    // A call of zd's own tool is stopped again when it comes: that one spends the allowance.
    const use = policy.effectOf(tool) === null;
    const { state, approval } = await policy.ask({ ...question, use }, (made) =>
      this.tell({ ...about, decision, approval: wireApproval(made), answer: answerPath(made) }),
    );
    const answered = state === 'allowed' ? 'allow' : state === 'denied' ? 'deny' : 'approval_required';
    return { ...about, decision: answered, approval: wireApproval(approval), answer: state === 'pending' ? answerPath(approval) : null };
  }

  /** All there is to go on with a session. */
  private export(): StateResult {
    const { sessions, checkpoints, memories } = this.runtime;
    const session = sessions.touch(this.needed('session_id'), null);
    const checkpoint = checkpoints.latest(session.sessionId);
    const { revision, entries } = memories.get(session.profile);
    return {
      profile: session.profile,
      session: wireSession(sessions, session),
      checkpoint: checkpoint && wireCheckpoint(checkpoint),
      state: checkpoint && checkpoints.state(checkpoint.checkpointId),
      memory: { revision, entries },
    };
  }

  /** What needs somebody's attention. */
  private radar(): StateResult {
    const { sessions, approvals } = this.runtime;
    const profile = this.input.profile ?? null;
    const of = (state: 'stale' | 'handed_over') => sessions.list({ state, profile, limit: 20, before: null });
    return {
      profile: profile ?? 'unknown',
      counts: { ...sessions.table.count(), approvals_pending: approvals.table.pending() },
      waiting: [...of('handed_over'), ...of('stale')].map((session) => wireSession(sessions, session)),
    };
  }
}
