import type { EventRecord } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import type { Db } from '../../storage/db';
import type { Statement } from '../../storage/statement';
import type { Filter } from './filter';
import type { Piece } from './retention';

interface Row {
  readonly seq: number;
  readonly ts: number;
  readonly kind: string;
  readonly scope: string;
  readonly topic: string;
  readonly source: string;
  readonly session: string;
  readonly data: string;
  readonly also: string | null;
}

const PAGE_ROWS = 64;
const PAGE_BYTES = 4 * 1024 * 1024;
const SWEEP_ROWS = 1000;

/** The latest event of every topic that was published to be retained. Rows of their own, so that it outlives its event in the log. */
export class Retained {
  private readonly put: Statement<unknown>;
  private readonly has: Statement<unknown>;
  private readonly count: Statement<{ rows: number }>;
  private readonly forget: Statement<unknown>;
  private readonly page: Statement<Row>;
  private readonly over: Statement<{ seq: number }>;
  private readonly sweep: Statement<unknown>;

  constructor(
    db: Db,
    private readonly limit: () => number,
    private readonly idOf: (seq: number) => string,
  ) {
    this.put = db.prepare(`INSERT OR REPLACE INTO event_retained VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.has = db.prepare('SELECT 1 FROM event_retained WHERE scope = ? AND topic = ? AND session = ?');
    this.count = db.prepare('SELECT count(*) AS rows FROM event_retained');
    this.forget = db.prepare('DELETE FROM event_retained WHERE scope = ? AND topic = ? AND session = ?');
    this.page = db.prepare(
      `SELECT seq, ts, kind, scope, topic, source, session, data, also FROM event_retained
       WHERE seq > ? AND seq <= ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY seq LIMIT ${PAGE_ROWS}`,
    );
    this.over = db.prepare('SELECT seq FROM event_retained WHERE expires_at <= ? LIMIT 1');
    this.sweep = db.prepare(
      `DELETE FROM event_retained WHERE seq IN (SELECT seq FROM event_retained WHERE expires_at <= ? ORDER BY expires_at LIMIT ${SWEEP_ROWS})`,
    );
  }

  /** Takes the place of what is kept of the same topic; one without data (null) leaves it empty. Only inside the write that stores the event. */
  keep({ seq, ts, kind, scope, topic, source, session, data, also = null }: EventRecord, expiresAt: number | null): void {
    const whose = session ?? '';
    if (data === 'null') return void this.forget.run(scope, topic, whose);
    const limit = this.limit();
    if (!this.has.get(scope, topic, whose) && this.count.get()!.rows >= limit)
      throw new ZdError('too_many', `${limit} topics have a retained event.`, {
        hint: 'Clear some by publishing them with retain and without data, or raise events.max_retained.',
        extra: { limit },
      });
    this.put.run(seq, ts, kind, scope, topic, source, whose, data, expiresAt, also);
  }

  /** A page of those with numbers behind `after` up to `upTo`, oldest first; what has expired is not among them. */
  between(after: number, upTo: number, now: number): EventRecord[] {
    return this.page.all(after, upTo, now).map(({ session, ...row }) => ({
      ...row,
      id: this.idOf(row.seq),
      session: session || null,
      visibility: session === '' ? 'public' : 'private',
      retained: true,
    }));
  }

  /** Those behind a number that a filter lets through, at most `limit` and not much more than `PAGE_BYTES`; `next` is where the next page begins. */
  list(filter: Filter, behind: number, limit: number, now: number): { readonly events: readonly EventRecord[]; readonly next: number | null } {
    const events: EventRecord[] = [];
    let bytes = 0;
    for (let after = behind; ;) {
      const page = this.between(after, Number.MAX_SAFE_INTEGER, now);
      for (const event of page) {
        if (events.length === limit || bytes >= PAGE_BYTES) return { events, next: after };
        after = event.seq;
        if (filter.match(event) === null) continue;
        events.push(event);
        bytes += event.data.length;
      }
      if (page.length < PAGE_ROWS) return { events, next: null };
    }
  }

  /** Those whose time is over, to be removed. */
  outdated(now: number): Piece | null {
    return this.over.get(now) ? { remove: () => void this.sweep.run(now), more: true } : null;
  }
}
