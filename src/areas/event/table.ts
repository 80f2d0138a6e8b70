import type { Statement } from '../../storage/statement';
import type { EventDraft, EventRecord } from '../../kernel/context';
import type { Db } from '../../storage/db';
import { Epochs, type Epoch } from './epochs';
import { Kinds } from './kinds';
import { Recovery } from './recovery';
import { Retained } from './retained';

interface Row extends Omit<EventRecord, 'id' | 'ephemeral'> {
  readonly session: string | null;
  readonly expires_at: number | null;
}

export interface Edge {
  readonly seq: number;
  readonly ts: number;
}

/** Stored events behind a position. Numbers from `first` to `last` were looked at; `missing` of those behind the position have no row. */
export interface Page {
  readonly events: EventRecord[];
  readonly first: number;
  readonly last: number;
  readonly missing: number;
}

/** Bounds of one page of replay, so that it does not hold the event loop for long. */
const PAGE_ROWS = 256;
const PAGE_BYTES = 512 * 1024;
/** What a row costs beside its texts. */
const ROW_BYTES = 40;
/** The size of an event as it is counted against the limits. */
export const SIZE = `octet_length(data) + octet_length(topic) + octet_length(kind) + octet_length(scope) + octet_length(source) + ${ROW_BYTES}`;
export const COLUMNS = 'seq, ts, kind, scope, topic, source, visibility, session, data, expires_at, also';
/** Starts of the daemon whose ids are still understood while their events are kept. */
const KEPT_EPOCHS = 1000;

/** The rows of the event log: gives the numbers and reads in their order. */
export class EventTable {
  readonly epochs: Epochs;
  readonly kinds: Kinds;
  readonly recovery: Recovery;
  readonly retained: Retained;
  private readonly insert: Statement<unknown>;
  private readonly pageEnd: Statement<{ last: number | null }>;
  private readonly rowsOf: Statement<Row>;
  private readonly newestRow: Statement<Edge>;
  private readonly oldestRow: Statement<Edge>;
  private readonly atOrBehind: Statement<Edge>;
  private readonly countRows: Statement<{ count: number }>;
  private readonly deleteEpochs: Statement<unknown>;

  constructor(
    private readonly db: Db,
    now: number,
    retainedLimit: () => number,
  ) {
    this.insert = db.prepare(
      `INSERT INTO event (seq, ts, kind, scope, topic, source, visibility, session, data, expires_at, also, log_bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? + coalesce((SELECT log_bytes FROM event ORDER BY seq DESC LIMIT 1), 0))`,
    );
    this.pageEnd = db.prepare(
      `SELECT max(seq) AS last FROM (SELECT seq, log_bytes FROM event WHERE seq > ?1 ORDER BY seq LIMIT ${PAGE_ROWS}),
       (SELECT seq AS first, log_bytes AS start FROM event WHERE seq > ?1 ORDER BY seq LIMIT 1) WHERE seq = first OR log_bytes <= start + ${PAGE_BYTES}`,
    );
    this.rowsOf = db.prepare(`SELECT ${COLUMNS} FROM event WHERE seq > ? AND seq <= ? ORDER BY seq`);
    this.newestRow = db.prepare('SELECT seq, ts FROM event ORDER BY seq DESC LIMIT 1');
    this.oldestRow = db.prepare('SELECT seq, ts FROM event ORDER BY seq LIMIT 1');
    this.atOrBehind = db.prepare('SELECT seq, ts FROM event WHERE seq >= ? ORDER BY seq LIMIT 1');
    this.countRows = db.prepare('SELECT count(*) AS count FROM event WHERE seq > ? AND seq <= ?');
    this.deleteEpochs = db.prepare('DELETE FROM event_epoch WHERE start < ?');
    this.retained = new Retained(db, retainedLimit, (seq) => this.epochs.id(seq));
    // Before the totals are read: what it removes is taken from them in the database.
    this.recovery = new Recovery(db, now);
    this.kinds = new Kinds(db);
    this.epochs = this.beginEpoch();
    this.recovery.begin(this.epochs.current(), this.last());
  }

  private beginEpoch(): Epochs {
    this.db.prepare('INSERT INTO event_epoch (first_seq, epoch) VALUES (?, ?)').run(this.last() + 1, Epochs.fresh());
    this.db.prepare(`DELETE FROM event_epoch WHERE start <= (SELECT max(start) FROM event_epoch) - ${KEPT_EPOCHS}`).run();
    return new Epochs(this.db.prepare<Epoch>('SELECT start, first_seq AS first, epoch AS name FROM event_epoch ORDER BY start').all());
  }

  newest(): Edge | null {
    return this.newestRow.get();
  }

  oldest(): Edge | null {
    return this.oldestRow.get();
  }

  /** The highest number ever given: that of the newest event, unless a crash took it. */
  last(): number {
    return Math.max(this.newest()?.seq ?? 0, this.recovery.floor);
  }

  /** The number of the first stored event behind another; null when there is none. */
  firstBehind(after: number): number | null {
    return this.atOrBehind.get(after + 1)?.seq ?? null;
  }

  /** Stores one event and allots its number. Only inside a write; may run again after a rollback. */
  append(draft: EventDraft, data: string, ts: number): EventRecord {
    const { kind, scope, topic, source, session = null, visibility = session === null ? 'public' : 'private', ttlMs } = draft;
    const also = draft.also?.length ? draft.also.join('\n') : null;
    const bytes = Buffer.byteLength(data) + Buffer.byteLength(topic) + Buffer.byteLength(kind + scope + source) + ROW_BYTES;
    const expires = ttlMs === undefined ? null : ts + ttlMs;
    const number = this.recovery.floor === 0 ? null : this.last() + 1;
    const { lastInsertRowid } = this.insert.run(number, ts, kind, scope, topic, source, visibility, session, data, expires, also, bytes);
    const seq = Number(lastInsertRowid);
    this.kinds.add(kind, 1, bytes);
    const event = { seq, id: this.epochs.id(seq), ts, kind, scope, topic, source, visibility, session, data, also };
    if (draft.retain && (visibility === 'public' || session !== null)) this.retained.keep(event, expires);
    return event;
  }

  /** The events right after a number: null when it is the newest. What has expired is not among them, and is not missing either. */
  page(after: number, now: number): Page | null {
    const last = this.pageEnd.get(after)?.last;
    if (last === null || last === undefined) return null;
    const rows = this.rowsOf.all(after, last);
    return { events: this.records(rows, now), first: rows[0]!.seq, last, missing: last - after - rows.length };
  }

  /** Rows as events, without what has expired. */
  records(rows: readonly Row[], now: number): EventRecord[] {
    const events: EventRecord[] = [];
    for (const { expires_at, ...row } of rows) if (expires_at === null || expires_at > now) events.push({ ...row, id: this.epochs.id(row.seq) });
    return events;
  }

  /** How many events with numbers behind `after` up to `upTo` retention or a crash took from readers of these kinds; of every kind without a list. */
  lost(after: number, upTo: number, kinds: readonly string[] | undefined): number {
    const end = Math.min(upTo, Math.max(this.kinds.trimmedUpTo(kinds).seq, this.recovery.lostUpTo()));
    return end <= after ? 0 : end - after - this.countRows.get(after, end)!.count;
  }

  /**
   * The number before the first event of a time, by bisection: the log needs no index over times, because they grow with the
   * numbers as long as the clock is not set back.
   */
  before(ts: number): number {
    let low = (this.oldest()?.seq ?? 1) - 1;
    let high = this.last();
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.atOrBehind.get(middle + 1);
      if (row && row.ts < ts) low = row.seq;
      else high = middle;
    }
    return low;
  }

  /** Forgets epochs whose last event is long gone; an id of theirs gets a gap either way. */
  async pruneEpochs(): Promise<void> {
    const start = this.epochs.startOf((this.oldest()?.seq ?? 0) - 1);
    if (start <= this.epochs.oldest().start) return;
    await this.db.write(() => this.deleteEpochs.run(start), 'normal');
    this.epochs.forgetBefore(start);
  }
}
