import type { Statement } from '../../storage/statement';
import { ZdError } from '../../kernel/error';
import type { Db } from '../../storage/db';
import type { Question, Request } from './service';

interface Row {
  number: number;
  from_shell: number;
  target_shell: number;
  kind: string;
  payload: string;
  urgency: string;
  created_at: number;
  state: Request['state'];
  value: string | null;
  reason: string | null;
}

/** The order in which questions are shown; everything else comes last. */
const RANKS = ['critical', 'high', 'normal'];
const COLUMNS = 'number, from_shell, target_shell, kind, payload, urgency, created_at, state, value, reason';
/** Not over, and not about to be. */
const LIVE = '(expires_at IS NULL OR expires_at > $now)';
/** Waits to be taken; what was taken and not answered in time does again. */
const WAITING = `${LIVE} AND (state = 'queued' OR (state = 'taken' AND lease_until <= $now))`;

type Params = Record<string, string | number | null>;

/** The SQL of the questions. Its writing methods run inside a write. */
export class AskStore {
  private readonly prepared = new Map<string, Statement<unknown>>();

  constructor(private readonly db: Db) {}

  insert(from: number, target: number, { kind, payload, urgency, timeoutMs }: Question, now: number, max: number): number {
    if (this.count(target, now) >= max)
      throw new ZdError('too_many', `${max} questions wait for shell ${target} (ask.max_pending).`, { extra: { limit: max } });
    const rank = RANKS.indexOf(urgency);
    const row = this.get<{ number: number }>(
      `INSERT INTO ask_request (from_shell, target_shell, kind, payload, urgency, rank, created_at, expires_at, state)
       VALUES ($from, $target, $kind, $payload, $urgency, $rank, $now, $expires, 'queued') RETURNING number`,
      {
        ...{ from, target, kind, payload: JSON.stringify(payload ?? null), urgency, now },
        rank: rank === -1 ? RANKS.length : rank,
        expires: timeoutMs === 0 ? null : now + timeoutMs,
      },
    );
    return row!.number;
  }

  /** In the order in which they are shown. */
  waiting(target: number, now: number, limit = -1): Request[] {
    const sql = `SELECT ${COLUMNS} FROM ask_request WHERE target_shell = $target AND ${WAITING} ORDER BY rank, number LIMIT $limit`;
    return this.all<Row>(sql, { target, now, limit }).map(requestOf);
  }

  count(target: number, now: number): number {
    return this.get<{ count: number }>(`SELECT count(*) AS count FROM ask_request WHERE target_shell = $target AND ${WAITING}`, { target, now })!
      .count;
  }

  find(number: number): Request | null {
    const row = this.get<Row>(`SELECT ${COLUMNS} FROM ask_request WHERE number = $number`, { number });
    return row && requestOf(row);
  }

  isOpen(number: number, now: number): boolean {
    return this.get(`SELECT 1 FROM ask_request WHERE number = $number AND state IN ('queued', 'taken') AND ${LIVE}`, { number, now }) !== null;
  }

  setPayload(number: number, payload: unknown): void {
    this.run('UPDATE ask_request SET payload = $payload WHERE number = $number', { number, payload: JSON.stringify(payload) });
  }

  take(number: number, until: number): void {
    this.run("UPDATE ask_request SET state = 'taken', lease_until = $until WHERE number = $number", { number, until });
  }

  giveBack(number: number): void {
    this.run("UPDATE ask_request SET state = 'queued', lease_until = NULL WHERE number = $number AND state = 'taken'", { number });
  }

  end(number: number, state: Request['state'], value: unknown, reason: string | null, now: number): void {
    this.run(
      `UPDATE ask_request SET state = $state, value = $value, reason = $reason, ended_at = $now, lease_until = NULL,
       payload = 'null' WHERE number = $number`,
      { number, state, value: value === undefined ? null : JSON.stringify(value), reason, now },
    );
  }

  /** Open requests whose time is over. */
  overdue(now: number): Request[] {
    const sql = `SELECT ${COLUMNS} FROM ask_request WHERE state IN ('queued', 'taken') AND expires_at IS NOT NULL AND expires_at <= $now LIMIT 1000`;
    return this.all<Row>(sql, { now }).map(requestOf);
  }

  /** Open requests to a shell, taken ones too. */
  openOf(target: number): Request[] {
    const sql = `SELECT ${COLUMNS} FROM ask_request WHERE target_shell = $target AND state IN ('queued', 'taken') ORDER BY rank, number`;
    return this.all<Row>(sql, { target }).map(requestOf);
  }

  /** Shells with open requests. */
  targets(): number[] {
    const sql = "SELECT DISTINCT target_shell AS id FROM ask_request WHERE state IN ('queued', 'taken')";
    return this.all<{ id: number }>(sql, {}).map(({ id }) => id);
  }

  /** Forgets what ended before a time. */
  forget(before: number): void {
    this.run('DELETE FROM ask_request WHERE ended_at IS NOT NULL AND ended_at < $before', { before });
  }

  oldestEnd(): number | null {
    return this.get<{ ended: number | null }>('SELECT min(ended_at) AS ended FROM ask_request WHERE ended_at IS NOT NULL', {})!.ended;
  }

  private get<R>(sql: string, params: Params): R | null {
    return this.statement(sql).get(params) as R | null;
  }

  private all<R>(sql: string, params: Params): R[] {
    return this.statement(sql).all(params) as R[];
  }

  private run(sql: string, params: Params): void {
    this.statement(sql).run(params);
  }

  private statement(sql: string): Statement<unknown> {
    let statement = this.prepared.get(sql);
    if (!statement) this.prepared.set(sql, (statement = this.db.prepare(sql) as unknown as Statement<unknown>));
    return statement;
  }
}

const requestOf = (row: Row): Request => ({
  number: row.number,
  fromShell: row.from_shell,
  targetShell: row.target_shell,
  kind: row.kind,
  payload: JSON.parse(row.payload) as unknown,
  urgency: row.urgency,
  createdAt: row.created_at,
  state: row.state,
  value: row.value === null ? null : (JSON.parse(row.value) as unknown),
  reason: row.reason,
});
