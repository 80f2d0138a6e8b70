import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import type { Db } from '../../storage/db';
import { beat, current, leftAfterRestart, type Decided, type Instant, type Refusal, type Session } from './session_model';
import { SessionTable, type SessionQuery } from './session_table';

const SAID: Readonly<Record<Refusal, readonly [message: string, hint: string]>> = {
  busy: ['is worked on by somebody else', 'Wait until it is stale or handed over, or take it over with `force`.'],
  conflict: ['is in a state that does not allow this', 'Take over what is stale or handed over; start anew what was cleared.'],
  not_held: ['is not held with this lease any more', 'Stop working on it: somebody else may. Take it over to go on.'],
  no_such_session: ['does not exist', 'Begin it with `start-session`; `zd runtime sessions` shows every one.'],
};

/** What nobody took up for a month makes room for new work when there is none. */
const ABANDONED_MS = 30 * 86_400_000;

/** Agents' sessions of work: who works on what, with leases that have to be renewed. */
export class Sessions {
  readonly table: SessionTable;

  constructor(
    private readonly db: Db,
    private readonly clock: Clock,
    private readonly maxSessions: () => number,
    /** Told of every deadline that was stored. */
    private readonly watch: (deadline: number) => void,
  ) {
    this.table = new SessionTable(db);
  }

  now(): Instant {
    return { monotonic: this.clock.monotonic(), wall: this.clock.now() };
  }

  /**
   * Decides about one session and stores what was decided, together with what `stored` adds to the same transaction. Throws what the
   * decision refuses; then nothing is stored.
   */
  async decide<T>(
    sessionId: string,
    decide: (found: Session | null, at: Instant) => Decided,
    stored: (session: Session, before: Session | null) => T,
  ): Promise<T> {
    let deadline = Infinity;
    const value = await this.db.write(() => {
      const at = this.now();
      const found = this.table.get(sessionId);
      const session = decide(found, at);
      if (typeof session === 'string') throw refused(sessionId, session, found && current(found, at));
      if (!found) this.makeRoom();
      this.table.put(session, at.wall - at.monotonic);
      deadline = session.deadline ?? Infinity;
      return stored(session, found && current(found, at));
    }, 'full');
    this.watch(deadline);
    return value;
  }

  /** A sign of life with whatever else the caller does. Only inside a write. Throws `not_held` and `no_such_session`. */
  touch(sessionId: string, lease: string | null): Session {
    const at = this.now();
    const found = this.table.get(sessionId);
    if (!found) throw refused(sessionId, 'no_such_session', null);
    if (lease === null) return current(found, at);
    const session = beat(found, lease, null, at);
    if (typeof session === 'string') throw refused(sessionId, session, current(found, at));
    this.table.put(session, at.wall - at.monotonic);
    return session;
  }

  get(sessionId: string): Session | null {
    const found = this.table.get(sessionId);
    return found && current(found, this.now());
  }

  list(query: SessionQuery): Session[] {
    const at = this.now();
    return this.table.list(query).map((session) => current(session, at));
  }

  /** Milliseconds since the Unix epoch as the wall clock has it now; null without a lease that runs. */
  expiresAt({ deadline }: Session): number | null {
    return deadline === null ? null : Math.max(0, Math.round(this.clock.now() + deadline - this.clock.monotonic()));
  }

  /** Takes over the leases of an earlier run, whose monotonic clock was another one. */
  async adopt(): Promise<void> {
    const found = this.table.active();
    if (found.length === 0) return;
    await this.db.write(() => {
      const { monotonic, wall } = this.now();
      for (const { session, expiresAt } of found) {
        const deadline = monotonic + leftAfterRestart(session.ttlMs, expiresAt, wall);
        this.table.put({ ...session, deadline }, wall - monotonic);
      }
    }, 'normal');
  }

  /** Turns stale what has run out, a page at a time; `told` adds to the same transaction. True: there may be more. */
  async expire(told: (session: Session) => void): Promise<boolean> {
    if (this.table.due(this.clock.monotonic()).length === 0) return false;
    await this.db.write(() => {
      const at = this.now();
      for (const each of this.table.due(at.monotonic)) {
        const session = current(each, at);
        this.table.put(session, 0);
        told(session);
      }
    }, 'full');
    return true;
  }

  private makeRoom(): void {
    const limit = this.maxSessions();
    const counts = this.table.count();
    const total = counts.active + counts.stale + counts.handed_over + counts.cleared;
    if (total < limit || this.table.forgetOne(this.clock.now() - ABANDONED_MS)) return;
    throw new ZdError('too_many', `There are ${limit} sessions (runtime.max_sessions), and none of them is over.`, { extra: { limit } });
  }
}

function refused(sessionId: string, refusal: Refusal, session: Session | null): ZdError {
  const [message, hint] = SAID[refusal];
  const extra = session === null ? {} : { session_state: session.state, generation: session.generation, agent: session.agent };
  return new ZdError(refusal, `The session ${JSON.stringify(sessionId)} ${message}.`, { hint, extra });
}
