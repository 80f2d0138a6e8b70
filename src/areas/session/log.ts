import type { Clock } from '../../kernel/clock';
import type { Db } from '../../storage/db';
import type { Statement } from '../../storage/statement';
import { SessionEvent, type StoredType } from './event';
import type { Deliver, Draft, SessionRef } from './row';

type Cells = [seq: number, ts: number, turn: number | null, type: StoredType, data: string];

/** Bytes an event counts beside its data: numbers, type and the page's own. */
const ROW_BYTES = 40;
/** Rows that are read at once, and characters after which a page is long enough. */
const READ_ROWS = 256;
const PAGE_CHARS = 2 * 1024 * 1024;
/** Events that are removed in one write. */
const TRIM_ROWS = 500;

/** The events of all sessions. They are stored first and heard right after their commit, in order, never the other way round. */
export class SessionLog {
  private readonly number: Statement<{ last_seq: number }>;
  private readonly insert: Statement<unknown>;
  private readonly insertRaw: Statement<unknown>;
  private readonly behind: Statement<unknown>;
  private readonly before: Statement<unknown>;
  private readonly rawIn: Statement<{ seq: number; raw: string }>;
  private readonly oldest: Statement<{ seq: number; bytes: number }>;
  private readonly removeUpTo: Statement<unknown>;
  private readonly setFirst: Statement<unknown>;
  /** Of the transaction under way. */
  private staged: { session: string; events: SessionEvent[] }[] = [];

  constructor(
    db: Db,
    private readonly clock: Clock,
    deliver: Deliver,
  ) {
    this.number = db.prepare('UPDATE session SET last_seq = last_seq + ?, bytes = bytes + ?, updated_at = ? WHERE key = ? RETURNING last_seq');
    this.insert = db.prepare('INSERT INTO session_event VALUES (?, ?, ?, ?, ?, ?)');
    this.insertRaw = db.prepare('INSERT INTO session_raw VALUES (?, ?, ?)');
    this.behind = db.prepare('SELECT seq, ts, turn, type, data FROM session_event WHERE session = ? AND seq > ? ORDER BY seq LIMIT ?');
    this.before = db.prepare('SELECT seq, ts, turn, type, data FROM session_event WHERE session = ? AND seq < ? ORDER BY seq DESC LIMIT ?');
    this.rawIn = db.prepare('SELECT seq, raw FROM session_raw WHERE session = ? AND seq BETWEEN ? AND ?');
    this.oldest = db.prepare(
      `SELECT max(seq) AS seq, sum(bytes) AS bytes FROM (SELECT e.seq, octet_length(e.data) + ifnull(octet_length(r.raw), 0) + ${ROW_BYTES} AS bytes
       FROM session_event e LEFT JOIN session_raw r USING (session, seq) WHERE e.session = ? AND e.seq < ? ORDER BY e.seq LIMIT ${TRIM_ROWS})`,
    );
    this.removeUpTo = db.prepare('DELETE FROM session_event WHERE session = ? AND seq <= ?');
    this.setFirst = db.prepare('UPDATE session SET first_seq = ?, bytes = bytes - ? WHERE key = ?');
    db.onCommit(() => {
      const { staged } = this;
      if (staged.length === 0) return;
      this.staged = [];
      for (const { session, events } of staged) deliver(session, events);
    });
    db.onRollback(() => {
      this.staged = [];
    });
  }

  /** Adds events to the write that is under way. Only inside a write's work. Nothing for a session that was removed meanwhile. */
  append({ key, session_id }: SessionRef, drafts: readonly Draft[]): SessionEvent[] {
    if (drafts.length === 0) return [];
    const now = this.clock.now();
    const texts = drafts.map(({ data }) => JSON.stringify(data));
    const bytes = drafts.reduce((sum, { raw }, at) => sum + ROW_BYTES + Buffer.byteLength(texts[at]!) + (raw ? Buffer.byteLength(raw) : 0), 0);
    const numbered = this.number.get(drafts.length, bytes, now, key);
    if (!numbered) return [];
    const first = numbered.last_seq - drafts.length + 1;
    const events = drafts.map(({ type, turn, raw }, at) => {
      const seq = first + at;
      this.insert.run(key, seq, now, turn, type, texts[at]!);
      if (raw) this.insertRaw.run(key, seq, raw);
      return new SessionEvent(session_id, seq, now, turn, type, texts[at]!);
    });
    this.staged.push({ session: session_id, events });
    return events;
  }

  /** The next events behind a number: fewer than the limit when they are large, none only when there are none. */
  page(ref: SessionRef, after: number, limit: number): SessionEvent[] {
    return this.read(this.behind, ref, after, limit);
  }

  /** The newest events before a number, in order; as above. */
  tail(ref: SessionRef, before: number, limit: number): SessionEvent[] {
    return this.read(this.before, ref, before, limit).reverse();
  }

  private read(statement: Statement<unknown>, { key, session_id }: SessionRef, from: number, limit: number): SessionEvent[] {
    const events: SessionEvent[] = [];
    for (let at = from, chars = 0; events.length < limit && chars < PAGE_CHARS;) {
      const wanted = Math.min(READ_ROWS, limit - events.length);
      const rows = statement.values(key, at, wanted) as Cells[];
      for (const cells of rows) {
        events.push(eventOf(session_id, cells));
        chars += cells[4].length;
      }
      if (rows.length < wanted) break;
      at = rows.at(-1)![0];
    }
    return events;
  }

  raw({ key }: SessionRef, from: number, to: number): Map<number, string> {
    return new Map(this.rawIn.all(key, from, to).map(({ seq, raw }) => [seq, raw]));
  }

  /** Removes some of the oldest events before one. Only inside a write; whether there may be more. */
  trim({ key }: SessionRef, before: number): boolean {
    const { seq, bytes } = this.oldest.get(key, before)!;
    if (seq === null) return false;
    this.removeUpTo.run(key, seq);
    this.setFirst.run(seq + 1, bytes, key);
    return seq + 1 < before;
  }
}

const eventOf = (session: string, [seq, ts, turn, type, data]: Cells): SessionEvent => new SessionEvent(session, seq, ts, turn, type, data);
