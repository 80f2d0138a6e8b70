import type { Db } from '../../storage/db';
import type { Statement } from '../../storage/statement';
import type { Approval } from './service';

interface Row {
  approval_id: string;
  session_id: string;
  turn: number | null;
  state: Approval['state'];
  tool: string;
  options: string;
  asked_at: number;
  expires_at: number | null;
  resolved_at: number | null;
  option_id: string | null;
  by: string | null;
}

const SELECT = 'SELECT a.*, s.session_id FROM session_approval a JOIN session s ON s.key = a.session';

/** The SQL of approvals. What changes something is only called inside a write. */
export class ApprovalTable {
  private readonly insertRow: Statement<unknown>;
  private readonly one: Statement<Row>;
  private readonly pendingOf: Statement<Row>;
  private readonly pendingAll: Statement<Row>;
  private readonly settle: Statement<Row>;
  private readonly count: Statement<{ rows: number }>;

  constructor(db: Db) {
    this.insertRow = db.prepare(
      `INSERT INTO session_approval (approval_id, session, turn, state, tool, options, asked_at, expires_at) VALUES (?, ?, ?, 'pending', ?, ?, ?, ?)`,
    );
    this.one = db.prepare(`${SELECT} WHERE a.approval_id = ?`);
    this.pendingOf = db.prepare(`${SELECT} WHERE a.session = ? AND a.state = 'pending' ORDER BY a.asked_at, a.rowid`);
    this.pendingAll = db.prepare(`${SELECT} WHERE a.state = 'pending' ORDER BY a.asked_at, a.rowid`);
    this.settle = db.prepare(
      `UPDATE session_approval SET state = ?, resolved_at = ?, option_id = ?, by = ? WHERE approval_id = ? AND state = 'pending' RETURNING *`,
    );
    this.count = db.prepare(`SELECT count(*) AS rows FROM session_approval WHERE session = ? AND state = 'pending'`);
  }

  insert(key: number, approval: Pick<Approval, 'approval_id' | 'turn' | 'tool' | 'options' | 'askedAt' | 'expiresAt'>): void {
    const { approval_id, turn, tool, options, askedAt, expiresAt } = approval;
    this.insertRow.run(approval_id, key, turn, JSON.stringify(tool), JSON.stringify(options), askedAt, expiresAt);
  }

  get(id: string): Approval | null {
    const row = this.one.get(id);
    return row && approvalOf(row);
  }

  pending(key?: number): Approval[] {
    return (key === undefined ? this.pendingAll.all() : this.pendingOf.all(key)).map(approvalOf);
  }

  countPending(key: number): number {
    return this.count.get(key)!.rows;
  }

  /** Whether it was still pending. */
  resolve(id: string, state: 'answered' | 'cancelled' | 'expired', now: number, optionId: string | null, by: string | null): boolean {
    return this.settle.get(state, now, optionId, by, id) !== null;
  }
}

const approvalOf = (row: Row): Approval => ({
  approval_id: row.approval_id,
  session: row.session_id,
  turn: row.turn,
  state: row.state,
  tool: JSON.parse(row.tool) as Approval['tool'],
  options: JSON.parse(row.options) as Approval['options'],
  askedAt: row.asked_at,
  expiresAt: row.expires_at,
  resolvedAt: row.resolved_at,
  optionId: row.option_id,
  by: row.by,
});
