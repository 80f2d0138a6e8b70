/** `stale`: its lease ran out, and whoever has it may still come back · `handed_over`: let go of, for the next one · `cleared`: over. */
export type State = 'active' | 'stale' | 'handed_over' | 'cleared';

export interface Session {
  readonly sessionId: string;
  readonly profile: string;
  readonly agent: string | null;
  readonly title: string | null;
  readonly cwd: string | null;
  readonly state: State;
  /** Grows with every new holder, so that what an earlier one wrote can be told apart. */
  readonly generation: number;
  /** Digest of the holder's token; null when nobody holds it. */
  readonly lease: string | null;
  readonly ttlMs: number;
  /** On the monotonic clock; null unless active. */
  readonly deadline: number | null;
  /** On the wall clock. */
  readonly startedAt: number;
  readonly seenAt: number;
  readonly changedAt: number;
}

export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

/** Who wants to hold it, and for how long without a heartbeat. */
export interface Holder {
  readonly lease: string;
  readonly ttlMs: number;
}

export type About = Pick<Session, 'sessionId' | 'profile' | 'agent' | 'title' | 'cwd'>;
/** `busy`: somebody else works on it · `conflict`: its state does not allow it · `not_held`: not with this lease (any more). */
export type Refusal = 'busy' | 'conflict' | 'not_held' | 'no_such_session';
export type Decided = Session | Refusal;

/** A session whose lease has run out is stale, whether or not the timer has come to it. */
export const current = (session: Session, { monotonic, wall }: Instant): Session =>
  session.state === 'active' && session.deadline! <= monotonic ? { ...session, state: 'stale', deadline: null, changedAt: wall } : session;

/** Begins a session, or one that was cleared anew. Asked again with the same lease it is the same session. */
export function start(found: Session | null, about: About, holder: Holder, at: Instant): Decided {
  const session = found && current(found, at);
  if (session?.lease === holder.lease) return beat(session, holder.lease, holder.ttlMs, at);
  if (session?.state === 'active') return 'busy';
  if (session && session.state !== 'cleared') return 'conflict';
  return held({ ...about, startedAt: at.wall }, (session?.generation ?? 0) + 1, holder, at);
}

/** Says that the holder is alive; also one that is late, as long as nobody took over. */
export function beat(found: Session | null, lease: string, ttlMs: number | null, at: Instant): Decided {
  if (!found) return 'no_such_session';
  const session = current(found, at);
  if (session.lease !== lease) return 'not_held';
  const ttl = ttlMs ?? session.ttlMs;
  const changedAt = session.state === 'active' ? session.changedAt : at.wall;
  return { ...session, state: 'active', ttlMs: ttl, deadline: at.monotonic + ttl, seenAt: at.wall, changedAt };
}

/** Ends it. Without a lease only where nobody works on it. */
export function clear(found: Session | null, lease: string | null, at: Instant): Decided {
  if (!found) return 'no_such_session';
  const session = current(found, at);
  if (session.state === 'cleared') return session;
  if (lease !== null && session.lease !== lease) return 'not_held';
  if (lease === null && session.state === 'active') return 'busy';
  return { ...session, state: 'cleared', lease: null, deadline: null, changedAt: at.wall };
}

/** Gives it to a new holder: one that is stale or handed over, and by force one that is active. */
export function takeOver(found: Session | null, holder: Holder, agent: string | null, force: boolean, at: Instant): Decided {
  if (!found) return 'no_such_session';
  const session = current(found, at);
  if (session.lease === holder.lease) return beat(session, holder.lease, holder.ttlMs, at);
  if (session.state === 'cleared') return 'conflict';
  if (session.state === 'active' && !force) return 'busy';
  return held({ ...session, agent: agent ?? session.agent }, session.generation + 1, holder, at);
}

/** Lets go of it for the next one. With a lease only as its holder. */
export function handOver(found: Session | null, lease: string | null, at: Instant): Decided {
  if (!found) return 'no_such_session';
  const session = current(found, at);
  if (session.state === 'cleared') return 'conflict';
  if (lease !== null ? session.lease !== lease : session.state === 'active') return 'not_held';
  return { ...session, state: 'handed_over', lease: null, deadline: null, seenAt: at.wall, changedAt: at.wall };
}

const held = (about: About & Pick<Session, 'startedAt'>, generation: number, { lease, ttlMs }: Holder, at: Instant): Session => ({
  ...about,
  state: 'active',
  generation,
  lease,
  ttlMs,
  deadline: at.monotonic + ttlMs,
  seenAt: at.wall,
  changedAt: at.wall,
});

/** A daemon that was away gives every holder this long to come back. */
export const RESTART_GRACE_MS = 30_000;

/** What is left of a lease after a restart: never more than it was, and time enough to beat once. */
export const leftAfterRestart = (ttlMs: number, expiresAt: number, wall: number): number =>
  Math.min(ttlMs, Math.max(expiresAt - wall, RESTART_GRACE_MS));
