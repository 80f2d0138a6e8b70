import type { Db } from '../../storage/db';
import type { Statement } from '../../storage/statement';
import type { Session, State } from './session_model';

interface Row {
  session_id: string;
  profile: string;
  agent: string | null;
  title: string | null;
  cwd: string | null;
  state: State;
  generation: number;
  lease: string | null;
  ttl_ms: number;
  deadline: number | null;
  expires_at: number | null;
  started_at: number;
  seen_at: number;
  changed_at: number;
}

export interface SessionQuery {
  readonly state: State | null;
  readonly profile: string | null;
  readonly limit: number;
  /** Behind this one in the order, newest change first. */
  readonly before: { readonly changedAt: number; readonly sessionId: string } | null;
}

/** The SQL of the sessions. */
export class SessionTable {
  private readonly find: Statement<Row>;
  private readonly save: Statement;
  private readonly page: Statement<Row>;
  private readonly dueRows: Statement<Row>;
  private readonly earliest: Statement<{ deadline: number | null }>;
  private readonly activeRows: Statement<Row>;
  private readonly counts: Statement<{ state: State; count: number }>;
  private readonly forget: Statement;

  constructor(db: Db) {
    this.find = db.prepare('SELECT * FROM runtime_session WHERE session_id = ?');
    this.save = db.prepare(
      `INSERT INTO runtime_session VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT (session_id) DO UPDATE SET
       profile = ?2, agent = ?3, title = ?4, cwd = ?5, state = ?6, generation = ?7, lease = ?8, ttl_ms = ?9, deadline = ?10, expires_at = ?11,
       started_at = ?12, seen_at = ?13, changed_at = ?14`,
    );
    this.page = db.prepare(
      `SELECT * FROM runtime_session WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR profile = ?2)
       AND (?3 IS NULL OR (changed_at, session_id) < (?3, ?4)) ORDER BY changed_at DESC, session_id DESC LIMIT ?5`,
    );
    this.dueRows = db.prepare('SELECT * FROM runtime_session WHERE deadline <= ? ORDER BY deadline LIMIT 100');
    this.earliest = db.prepare('SELECT min(deadline) AS deadline FROM runtime_session WHERE deadline IS NOT NULL');
    this.activeRows = db.prepare("SELECT * FROM runtime_session WHERE state = 'active'");
    this.counts = db.prepare('SELECT state, count(*) AS count FROM runtime_session GROUP BY state');
    this.forget = db.prepare(
      `DELETE FROM runtime_session WHERE session_id IN
       (SELECT session_id FROM runtime_session WHERE state = 'cleared' OR (state <> 'active' AND changed_at < ?)
        ORDER BY state <> 'cleared', changed_at LIMIT 1)`,
    );
  }

  get(sessionId: string): Session | null {
    const row = this.find.get(sessionId);
    return row && sessionOf(row);
  }

  /** Only inside a write. `wallAhead` is the wall clock less the monotonic one. */
  put(session: Session, wallAhead: number): void {
    const { sessionId, profile, agent, title, cwd, state, generation, lease, ttlMs, startedAt, seenAt, changedAt } = session;
    // Rounded up: a lease is never shorter than was promised.
    const deadline = session.deadline === null ? null : Math.ceil(session.deadline);
    const expiresAt = deadline === null ? null : Math.ceil(deadline + wallAhead);
    this.save.run(sessionId, profile, agent, title, cwd, state, generation, lease, ttlMs, deadline, expiresAt, startedAt, seenAt, changedAt);
  }

  list({ state, profile, before, limit }: SessionQuery): Session[] {
    return this.page.all(state, profile, before?.changedAt ?? null, before?.sessionId ?? null, limit).map(sessionOf);
  }

  /** Leases that have run out, a hundred at most. */
  due(monotonic: number): Session[] {
    return this.dueRows.all(Math.floor(monotonic)).map(sessionOf);
  }

  nextDeadline(): number {
    return this.earliest.get()?.deadline ?? Infinity;
  }

  /** Every active one, with the end of its lease on the wall clock. */
  active(): { session: Session; expiresAt: number }[] {
    return this.activeRows.all().map((row) => ({ session: sessionOf(row), expiresAt: row.expires_at! }));
  }

  count(): Record<State, number> {
    const counts: Record<State, number> = { active: 0, stale: 0, handed_over: 0, cleared: 0 };
    for (const { state, count } of this.counts.all()) counts[state] = count;
    return counts;
  }

  /**
   * Removes the session that was cleared longest ago, else one nobody has taken up since a time, with its checkpoints. False: there is none.
   * Only inside a write.
   */
  forgetOne(since: number): boolean {
    return this.forget.run(since).changes > 0;
  }
}

const sessionOf = (row: Row): Session => ({
  sessionId: row.session_id,
  profile: row.profile,
  agent: row.agent,
  title: row.title,
  cwd: row.cwd,
  state: row.state,
  generation: row.generation,
  lease: row.lease,
  ttlMs: row.ttl_ms,
  deadline: row.deadline,
  startedAt: row.started_at,
  seenAt: row.seen_at,
  changedAt: row.changed_at,
});
