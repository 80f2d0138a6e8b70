import { ZdError } from '../../kernel/error';
import type { ProcessIdentity } from '../../kernel/process';
import type { Db } from '../../storage/db';
import type { Statement } from '../../storage/statement';
import type { QueuedRow, SessionRow } from './row';
import type { TurnTrigger } from './service';

/** A turn that has not ended. */
export interface TurnRow {
  readonly session: number;
  readonly turn: number;
  readonly reason: TurnTrigger;
  readonly started_at: number;
}

export interface Counts {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost: number;
}

const SETTABLE = ['title', 'model', 'thinking', 'system', 'agent_session', 'closed_at', 'context_seq', 'summary', 'auto_turns'] as const;
type Settable = Partial<Pick<SessionRow, (typeof SETTABLE)[number]>>;

/** The SQL of sessions, their open turns and what is queued. What changes something is only called inside a write. */
export class SessionTable {
  private readonly sql: Readonly<Record<string, Statement<never>>>;

  constructor(db: Db) {
    const row = (text: string) => db.prepare<never>(text);
    this.sql = {
      byId: row('SELECT * FROM session WHERE session_id = ?'),
      byKey: row('SELECT * FROM session WHERE key = ?'),
      count: row('SELECT count(*) AS rows FROM session'),
      list: row('SELECT * FROM session WHERE key < ? ORDER BY key DESC LIMIT ?'),
      insert: row(
        'INSERT INTO session (session_id, agent, title, cwd, model, system, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?7, ?7) RETURNING key',
      ),
      set: row(`UPDATE session SET ${SETTABLE.map((name) => `${name} = ?`).join(', ')} WHERE key = ?`),
      remove: row('DELETE FROM session WHERE key = ?'),
      count_up: row('UPDATE session SET input_tokens = input_tokens + ?, output_tokens = output_tokens + ?, cost = cost + ? WHERE key = ?'),
      zero: row('UPDATE session SET input_tokens = 0, output_tokens = 0, cost = 0 WHERE key = ?'),
      process: row('UPDATE session SET agent_pid = ?, agent_start = ? WHERE key = ?'),
      processes: row('SELECT * FROM session WHERE agent_pid IS NOT NULL'),
      begin: row('UPDATE session SET turns = turns + 1 WHERE key = ? RETURNING turns AS turn'),
      insertTurn: row('INSERT INTO session_turn VALUES (?, ?, ?, ?)'),
      endTurn: row('DELETE FROM session_turn WHERE session = ? AND turn = ? RETURNING *'),
      openTurn: row('SELECT * FROM session_turn WHERE session = ?'),
      openTurns: row('SELECT * FROM session_turn'),
      approval: row('UPDATE session SET approvals = approvals + 1 WHERE key = ? RETURNING approvals'),
      enqueue: row('INSERT INTO session_queue (session, kind, content, by, queued_at) VALUES (?, ?, ?, ?, ?) RETURNING queue_id'),
      queued: row("SELECT queue_id, kind, content, by FROM session_queue WHERE session = ? ORDER BY kind = 'event', queue_id"),
      queueLength: row('SELECT count(*) AS rows FROM session_queue WHERE session = ?'),
      dequeue: row('DELETE FROM session_queue WHERE queue_id = ?'),
      closedBefore: row('SELECT * FROM session WHERE closed_at < ? ORDER BY closed_at LIMIT ?'),
      over: row('SELECT * FROM session WHERE bytes > ? LIMIT ?'),
      titled: row('SELECT session_id FROM session WHERE title = ? ORDER BY closed_at IS NOT NULL, key DESC LIMIT 2'),
      beginning: row('SELECT session_id FROM session WHERE session_id >= ?1 AND session_id < ?1 || char(0x10ffff) LIMIT 2'),
    };
  }

  private one<R>(name: string, ...args: (string | number | null)[]): R | null {
    return this.sql[name]!.get(...args) as R | null;
  }

  private all<R>(name: string, ...args: (string | number | null)[]): R[] {
    return this.sql[name]!.all(...args) as R[];
  }

  find(id: string): SessionRow | null {
    return this.one('byId', id);
  }

  /** Throws `no_such_session`. */
  get(id: string): SessionRow {
    const row = this.find(id);
    if (!row) throw new ZdError('no_such_session', `There is no session "${id.slice(0, 100)}".`);
    return row;
  }

  /** Null when it was removed meanwhile. */
  at(key: number): SessionRow | null {
    return this.one('byKey', key);
  }

  count(): number {
    return this.one<{ rows: number }>('count')!.rows;
  }

  /** Newest first, behind the one with a key. */
  list(before: number, limit: number): SessionRow[] {
    return this.all('list', before, limit);
  }

  titled(title: string): string[] {
    return this.all<SessionRow>('titled', title).map((row) => row.session_id);
  }

  beginningWith(text: string): string[] {
    return this.all<SessionRow>('beginning', text).map((row) => row.session_id);
  }

  closedBefore(time: number, limit: number): SessionRow[] {
    return this.all('closedBefore', time, limit);
  }

  /** Whose events take more than so many bytes. */
  over(bytes: number, limit: number): SessionRow[] {
    return this.all('over', bytes, limit);
  }

  insert(row: Pick<SessionRow, 'session_id' | 'agent' | 'title' | 'cwd' | 'model' | 'system' | 'created_at'>): number {
    const { session_id, agent, title, cwd, model, system, created_at } = row;
    return this.one<{ key: number }>('insert', session_id, agent, title, cwd, model, system, created_at)!.key;
  }

  set(row: SessionRow, change: Settable): void {
    const next = { ...row, ...change };
    this.sql.set!.run(...SETTABLE.map((name) => next[name]), row.key);
  }

  remove(key: number): void {
    this.sql.remove!.run(key);
  }

  countUp(key: number, { input_tokens, output_tokens, cost }: Counts): void {
    this.sql.count_up!.run(input_tokens, output_tokens, cost, key);
  }

  zero(key: number): void {
    this.sql.zero!.run(key);
  }

  setProcess(key: number, process: ProcessIdentity | null): void {
    this.sql.process!.run(process?.pid ?? null, process?.start ?? null, key);
  }

  withProcess(): SessionRow[] {
    return this.all('processes');
  }

  /** Its number. */
  beginTurn(key: number, reason: TurnTrigger, now: number): number {
    const { turn } = this.one<{ turn: number }>('begin', key)!;
    this.sql.insertTurn!.run(key, turn, reason, now);
    return turn;
  }

  /** Null when it had ended already. */
  endTurn(key: number, turn: number): TurnRow | null {
    return this.one('endTurn', key, turn);
  }

  openTurn(key: number): TurnRow | null {
    return this.one('openTurn', key);
  }

  openTurns(): TurnRow[] {
    return this.all('openTurns');
  }

  /** Which one of its session the next approval is. */
  nextApproval(key: number): number {
    return this.one<{ approvals: number }>('approval', key)!.approvals;
  }

  enqueue(key: number, kind: QueuedRow['kind'], content: string, by: string, now: number): number {
    return this.one<{ queue_id: number }>('enqueue', key, kind, content, by, now)!.queue_id;
  }

  /** Messages, then events, each in their order. */
  queued(key: number): QueuedRow[] {
    return this.all('queued', key);
  }

  queueLength(key: number): number {
    return this.one<{ rows: number }>('queueLength', key)!.rows;
  }

  dequeue(queueId: number): void {
    this.sql.dequeue!.run(queueId);
  }
}
