import type { Statement } from 'bun:sqlite';
import type { EventDraft, EventRecord } from '../../kernel/context';
import type { Db } from '../../storage/db';
import { Epochs, type Epoch } from './epochs';

export interface Retention {
  readonly max_count: number;
  readonly max_age_secs: number;
  readonly max_bytes: number;
}

interface Row extends Omit<EventRecord, 'id'> {
  log_bytes: number;
}
type Edge = Pick<Row, 'seq' | 'ts' | 'log_bytes'>;

/** Bounds of one trim and of one page of replay, so neither holds the event loop for long. */
const TRIM_ROWS = 1000;
const TRIM_BYTES = 4 * 1024 * 1024;
const PAGE_ROWS = 256;
const PAGE_BYTES = 512 * 1024;
/** What a row costs beside its texts. */
const ROW_BYTES = 40;
/** Starts of the daemon whose ids are still understood while their events are kept. */
const KEPT_EPOCHS = 1000;

/** The SQL of the event log's two tables. */
export class EventTable {
  readonly epochs: Epochs;
  private readonly insert: Statement<unknown>;
  private readonly pageOf: Statement<Row>;
  private readonly newestRow: Statement<Edge>;
  private readonly oldestRow: Statement<Edge & { bytes: number }>;
  private readonly firstKept: Statement<{ seq: number }>;
  private readonly deleteBefore: Statement<unknown>;
  private readonly deleteEpochs: Statement<unknown>;

  constructor(private readonly db: Db) {
    this.insert = db.prepare(
      `INSERT INTO event (ts, kind, scope, topic, source, visibility, data, log_bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ? + coalesce((SELECT log_bytes FROM event ORDER BY seq DESC LIMIT 1), 0))`,
    );
    this.pageOf = db.prepare(
      `SELECT seq, ts, kind, scope, topic, source, visibility, data, log_bytes FROM event
       WHERE seq > ?1 AND seq <= ?1 + ${PAGE_ROWS}
         AND (seq = ?1 + 1 OR log_bytes <= ${PAGE_BYTES} + (SELECT log_bytes FROM event WHERE seq = ?1 + 1)) ORDER BY seq`,
    );
    this.newestRow = db.prepare('SELECT seq, ts, log_bytes FROM event ORDER BY seq DESC LIMIT 1');
    this.oldestRow = db.prepare(
      `SELECT seq, ts, log_bytes, octet_length(data) + octet_length(topic) + octet_length(kind || scope || source) + ${ROW_BYTES} AS bytes
       FROM event ORDER BY seq LIMIT 1`,
    );
    this.firstKept = db.prepare(
      `SELECT seq FROM (SELECT seq, ts, log_bytes FROM event ORDER BY seq LIMIT ${TRIM_ROWS})
       WHERE NOT ((seq <= ?1 OR ts < ?2 OR log_bytes <= ?3) AND log_bytes <= ?4) LIMIT 1`,
    );
    this.deleteBefore = db.prepare('DELETE FROM event WHERE seq < ?');
    this.deleteEpochs = db.prepare('DELETE FROM event_epoch WHERE start < ?');
    this.epochs = this.beginEpoch();
  }

  private beginEpoch(): Epochs {
    this.db.prepare('INSERT INTO event_epoch (first_seq, epoch) VALUES (?, ?)').run((this.newest()?.seq ?? 0) + 1, Epochs.fresh());
    this.db.prepare(`DELETE FROM event_epoch WHERE start <= (SELECT max(start) FROM event_epoch) - ${KEPT_EPOCHS}`).run();
    return new Epochs(this.db.prepare<Epoch>('SELECT start, first_seq AS first, epoch AS name FROM event_epoch ORDER BY start').all());
  }

  newest(): Edge | null {
    return this.newestRow.get();
  }

  oldest(): (Edge & { bytes: number }) | null {
    return this.oldestRow.get();
  }

  /** Stores one event and allots its number. Only inside a write; may run again after a rollback. */
  append(draft: EventDraft, data: string, ts: number): EventRecord {
    const { kind, scope, topic, source, visibility = 'public' } = draft;
    const bytes = Buffer.byteLength(data) + Buffer.byteLength(topic) + Buffer.byteLength(kind + scope + source) + ROW_BYTES;
    const seq = Number(this.insert.run(ts, kind, scope, topic, source, visibility, data, bytes).lastInsertRowid);
    return { seq, id: this.epochs.id(seq), ts, kind, scope, topic, source, visibility, data };
  }

  /** The events right after a number: some of them, none when it is the newest or when they are trimmed. */
  page(after: number): EventRecord[] {
    return this.pageOf.all(after).map(({ log_bytes: _, ...event }) => ({ ...event, id: this.epochs.id(event.seq) }));
  }

  /** Removes a bounded piece of what retention no longer keeps; says whether there may be more. Only inside a write. */
  trim(keep: Retention, now: number): boolean {
    const newest = this.newest();
    const oldest = this.oldest();
    if (!newest || !oldest) return false;
    const kept = this.firstKept.get(
      newest.seq - keep.max_count,
      now - keep.max_age_secs * 1000,
      newest.log_bytes - keep.max_bytes,
      oldest.log_bytes + TRIM_BYTES,
    );
    const cut = Math.min(kept?.seq ?? oldest.seq + TRIM_ROWS, newest.seq);
    if (cut <= oldest.seq) return false;
    this.deleteBefore.run(cut);
    return true;
  }

  /** Forgets epochs whose last event is long gone; an id of theirs gets a gap either way. */
  async pruneEpochs(): Promise<void> {
    const start = this.epochs.startOf((this.oldest()?.seq ?? 0) - 1);
    if (start <= this.epochs.oldest().start) return;
    await this.db.write(() => this.deleteEpochs.run(start), 'normal');
    this.epochs.forgetBefore(start);
  }
}
