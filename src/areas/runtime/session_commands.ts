import type { Call } from '../../kernel/context';
import { uniqueId } from '../../kernel/ids';
import type { Tell } from './commands';
import { digestOf, newLease } from './lease';
import { wireCheckpoint, wireSession } from './schema';
import type { RuntimeService } from './service';
import { beat, clear, start, takeOver, type Session } from './session_model';

export interface LifecycleInput {
  readonly command: 'start-session' | 'heartbeat-session' | 'clear-session' | 'takeover-session';
  readonly session_id?: string;
  readonly profile?: string;
  readonly agent?: string;
  readonly title?: string;
  readonly cwd?: string;
  readonly lease_secs?: number;
  readonly lease_token?: string;
  readonly force?: boolean;
}

export type LifecycleResult = ReturnType<typeof resultOf>;

/** Runs one command of `ccd_session_lifecycle`; what it stores and its event are one transaction. */
export function lifecycle(runtime: RuntimeService, input: LifecycleInput, fail: Call['fail'], tell: Tell<LifecycleResult>): Promise<LifecycleResult> {
  const { command, profile = 'unknown', agent = null, title = null, cwd = null, lease_token: token, force = false } = input;
  const { sessions } = runtime;
  const ttlMs = input.lease_secs === undefined ? null : input.lease_secs * 1000;
  const told = (given: string | null) => (session: Session, before: Session | null) => {
    const result = resultOf(runtime, session, before, given);
    tell(result);
    return result;
  };
  const missing = (field: string) => fail('bad_args', `/${field}: ${command} needs it`, { path: `/${field}` });
  if (command === 'start-session') {
    const [sessionId, lease] = [input.session_id ?? uniqueId(), token ?? newLease()];
    const holder = { lease: digestOf(lease), ttlMs: ttlMs ?? runtime.leaseMs() };
    return sessions.decide(sessionId, (found, at) => start(found, { sessionId, profile, agent, title, cwd }, holder, at), told(lease));
  }
  const sessionId = input.session_id;
  if (sessionId === undefined) throw missing('session_id');
  if (command === 'takeover-session') {
    const lease = token ?? newLease();
    const holder = { lease: digestOf(lease), ttlMs: ttlMs ?? runtime.leaseMs() };
    return sessions.decide(sessionId, (found, at) => takeOver(found, holder, input.agent ?? null, force, at), told(lease));
  }
  if (command === 'clear-session')
    return sessions.decide(sessionId, (found, at) => clear(found, token === undefined ? null : digestOf(token), at), told(null));
  if (token === undefined) throw missing('lease_token');
  return sessions.decide(sessionId, (found, at) => beat(found, digestOf(token), ttlMs, at), told(null));
}

function resultOf({ sessions, checkpoints }: RuntimeService, session: Session, before: Session | null, lease: string | null) {
  const latest = checkpoints.latest(session.sessionId);
  return {
    profile: session.profile,
    session: wireSession(sessions, session),
    previous: before && { agent: before.agent, generation: before.generation, state: before.state },
    checkpoint: latest && wireCheckpoint(latest),
    lease_token: lease,
  };
}
