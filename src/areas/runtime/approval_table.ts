import type { Db } from '../../storage/db';
import type { Statement } from '../../storage/statement';

/**
 * `allowed`: for one call, which has not come yet · `used`: that call came, or an agent that waited went on · `expired`: nobody answered, or the
 * call did not come in time · `cancelled`: the turn that asked is over.
 */
export const APPROVAL_STATES = ['pending', 'allowed', 'denied', 'expired', 'used', 'cancelled'] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** A call of a tool that the policy holds back, or what the agent of a session asks leave for. */
export const APPROVAL_KINDS = ['tool_call', 'permission'] as const;
export type ApprovalKind = (typeof APPROVAL_KINDS)[number];

/** What is asked for. */
export interface Ask {
  readonly kind: ApprovalKind;
  /** What a permission is called in its session. */
  readonly sessionApproval: string | null;
  /** Digest of who asks for what. */
  readonly fingerprint: string;
  readonly tool: string;
  readonly command: string | null;
  /** JSON, bounded, for a person to read. */
  readonly arguments: string;
  readonly askedBy: string;
  readonly sessionId: string | null;
  readonly profile: string | null;
  readonly reason: string | null;
}

export interface Approval extends Ask {
  readonly approvalId: number;
  readonly state: ApprovalState;
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly answeredAt: number | null;
  readonly answeredBy: string | null;
  readonly note: string | null;
  readonly usedAt: number | null;
}

export interface ApprovalQuery {
  readonly state: ApprovalState | null;
  readonly sessionId: string | null;
  readonly kind: ApprovalKind | null;
  /** Only ids below. */
  readonly before: number;
  readonly limit: number;
}

const COLUMNS = `approval_id AS approvalId, kind, session_approval AS sessionApproval, fingerprint, state, tool, command, arguments, asked_by AS askedBy, session_id AS sessionId, profile,
  reason, requested_at AS requestedAt, expires_at AS expiresAt, answered_at AS answeredAt, answered_by AS answeredBy, note, used_at AS usedAt`;

/** The SQL of the approvals. */
export class ApprovalTable {
  private readonly insert: Statement;
  private readonly byId: Statement<Approval>;
  private readonly open: Statement<Approval>;
  private readonly page: Statement<Approval>;
  private readonly pageOfState: Statement<Approval>;
  private readonly setAnswer: Statement;
  private readonly setUsed: Statement;
  private readonly setEnded: Statement;
  private readonly dueRows: Statement<Approval>;
  private readonly earliest: Statement<{ at: number | null }>;
  private readonly pendingCount: Statement<{ count: number }>;
  private readonly removeOld: Statement;

  constructor(db: Db) {
    this.insert = db.prepare(
      `INSERT INTO runtime_approval (kind, session_approval, fingerprint, state, tool, command, arguments, asked_by, session_id, profile, reason, requested_at, expires_at)
       VALUES (?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.byId = db.prepare(`SELECT ${COLUMNS} FROM runtime_approval WHERE approval_id = ?`);
    this.open = db.prepare(
      `SELECT ${COLUMNS} FROM runtime_approval WHERE fingerprint = ? AND state IN ('pending', 'allowed', 'denied') ORDER BY approval_id DESC LIMIT 1`,
    );
    this.page = db.prepare(
      `SELECT ${COLUMNS} FROM runtime_approval WHERE (?1 IS NULL OR session_id = ?1) AND (?2 IS NULL OR kind = ?2) AND approval_id < ?3
       ORDER BY approval_id DESC LIMIT ?4`,
    );
    this.pageOfState = db.prepare(
      `SELECT ${COLUMNS} FROM runtime_approval WHERE state = ?5 AND (?1 IS NULL OR session_id = ?1) AND (?2 IS NULL OR kind = ?2) AND approval_id < ?3
       ORDER BY approval_id DESC LIMIT ?4`,
    );
    this.setAnswer = db.prepare('UPDATE runtime_approval SET state = ?, answered_at = ?, answered_by = ?, note = ? WHERE approval_id = ?');
    this.setUsed = db.prepare("UPDATE runtime_approval SET state = 'used', used_at = ? WHERE approval_id = ?");
    this.setEnded = db.prepare('UPDATE runtime_approval SET state = ? WHERE approval_id = ?');
    this.dueRows = db.prepare(
      `SELECT ${COLUMNS} FROM runtime_approval WHERE state IN ('pending', 'allowed') AND kind = 'tool_call' AND expires_at <= ? ORDER BY expires_at LIMIT 100`,
    );
    this.earliest = db.prepare("SELECT min(expires_at) AS at FROM runtime_approval WHERE state IN ('pending', 'allowed') AND kind = 'tool_call'");
    this.pendingCount = db.prepare("SELECT count(*) AS count FROM runtime_approval WHERE state = 'pending' AND kind = 'tool_call'");
    this.removeOld = db.prepare(
      `DELETE FROM runtime_approval WHERE approval_id IN
       (SELECT approval_id FROM runtime_approval WHERE state IN ('denied', 'expired', 'used', 'cancelled')
        AND approval_id <= (SELECT max(approval_id) FROM runtime_approval) - ? LIMIT 100)`,
    );
  }

  add(ask: Ask, requestedAt: number, expiresAt: number, keep: number): Approval {
    const { kind, sessionApproval, fingerprint, tool, command, arguments: args, askedBy, sessionId, profile, reason } = ask;
    const about = [kind, sessionApproval, fingerprint, tool, command, args, askedBy, sessionId, profile, reason];
    const { lastInsertRowid } = this.insert.run(...about, requestedAt, expiresAt);
    this.removeOld.run(keep);
    return this.get(Number(lastInsertRowid))!;
  }

  get(approvalId: number): Approval | null {
    return this.byId.get(approvalId);
  }

  /** The newest that may still count for a call. */
  find(fingerprint: string): Approval | null {
    return this.open.get(fingerprint);
  }

  list({ state, sessionId, kind, before, limit }: ApprovalQuery): Approval[] {
    return state === null ? this.page.all(sessionId, kind, before, limit) : this.pageOfState.all(sessionId, kind, before, limit, state);
  }

  answer(approvalId: number, state: 'allowed' | 'denied', at: number, by: string, note: string | null): void {
    this.setAnswer.run(state, at, by, note, approvalId);
  }

  use(approvalId: number, at: number): void {
    this.setUsed.run(at, approvalId);
  }

  expire(approvalId: number): void {
    this.setEnded.run('expired', approvalId);
  }

  cancel(approvalId: number): void {
    this.setEnded.run('cancelled', approvalId);
  }

  due(now: number): Approval[] {
    return this.dueRows.all(now);
  }

  /** On the wall clock. */
  nextExpiry(): number {
    return this.earliest.get()?.at ?? Infinity;
  }

  pending(): number {
    return this.pendingCount.get()!.count;
  }
}
