import type { Statement } from '../../storage/statement';
import type { Db } from '../../storage/db';
import { WHOLE_LOG } from './kinds';
import { SIZE, type EventTable } from './table';

export interface Bounds {
  readonly max_count: number;
  readonly max_age_secs: number;
  readonly max_bytes: number;
}

/** The bounds of the whole log, and narrower ones of single kinds. */
export interface Retention extends Bounds {
  readonly kinds: Readonly<Record<string, Partial<Bounds>>>;
}

interface Row {
  readonly seq: number;
  readonly ts: number;
  readonly kind: string;
  /** 0 for what has expired: it was taken from the totals then. */
  readonly bytes: number;
  readonly live: number;
}

/** Bounds of one piece, so that it does not hold the event loop for long. */
const ROWS = 1000;
const BYTES = 4 * 1024 * 1024;
/** Rows looked at in one piece for those of one kind. */
const SCAN = 5000;

/** One piece of what is to go, found by reading alone: while nothing is due no transaction is opened. */
export interface Piece {
  /** To be run inside a write, before the log is read for the next piece; may run twice. Null: reading on is all there is to do. */
  readonly remove: (() => void) | null;
  /** Whether there may be another. */
  readonly more: boolean;
}

/** Says what the log no longer keeps, in pieces. The newest event always stays, because its number is the next one's base. */
export class Retainer {
  private readonly head: Statement<Row>;
  private readonly ofKind: Statement<Row>;
  private readonly ended: Statement<Row>;
  private readonly empty: Statement<unknown>;
  private readonly deleteUpTo: Statement<unknown>;
  private readonly deleteOfKind: Statement<unknown>;
  /** Per kind: no event of it has a number up to this. Moves on as the log is looked through, so nothing is looked at twice. */
  private readonly scanned = new Map<string, number>();

  constructor(
    db: Db,
    private readonly table: EventTable,
  ) {
    const columns = `seq, ts, kind, iif(expires_at IS 0, 0, ${SIZE}) AS bytes, expires_at IS NOT 0 AS live`;
    this.head = db.prepare(`SELECT ${columns} FROM event WHERE seq < ? ORDER BY seq LIMIT ${ROWS}`);
    this.ofKind = db.prepare(
      `SELECT ${columns} FROM event WHERE seq > ?1 AND seq <= ?1 + ${SCAN} AND seq < ?2 AND kind = ?3 AND expires_at IS NOT 0 ORDER BY seq LIMIT ${ROWS}`,
    );
    this.ended = db.prepare(`SELECT ${columns} FROM event WHERE expires_at > 0 AND expires_at <= ? ORDER BY expires_at LIMIT ${ROWS}`);
    this.empty = db.prepare("UPDATE event SET topic = '', data = 'null', expires_at = 0 WHERE seq = ?");
    this.deleteUpTo = db.prepare('DELETE FROM event WHERE seq <= ?');
    this.deleteOfKind = db.prepare('DELETE FROM event WHERE seq > ? AND seq <= ? AND kind = ?');
  }

  /** Events whose time is over, to be emptied. */
  expired(now: number): Piece | null {
    const rows = this.ended.all(now);
    const remove = () => {
      for (const { seq, kind, bytes } of rows) {
        this.empty.run(seq);
        this.table.kinds.add(kind, -1, -bytes);
      }
    };
    return rows.length === 0 ? null : { remove, more: rows.length === ROWS };
  }

  /** The oldest events of the log while it is over its bounds. */
  ofLog(keep: Bounds, now: number): Piece | null {
    const total = this.table.kinds.total();
    const over = new Excess(total, keep, now);
    const [newest, oldest] = [this.table.newest(), this.table.oldest()];
    if (!newest || !oldest || !over.takes(oldest.ts)) return null;
    const gone = over.taken(this.head.all(newest.seq));
    if (gone.length === 0) return null;
    const remove = () => {
      this.deleteUpTo.run(gone.at(-1)!.seq);
      this.removed(WHOLE_LOG, gone);
    };
    // While events pour in there is always one more: a small rest waits for the next round.
    return { remove, more: over.full(gone) };
  }

  /** The same for one kind with bounds of its own. */
  ofOneKind(kind: string, keep: Bounds, now: number): Piece | null {
    const total = this.table.kinds.of(kind);
    const newest = this.table.newest()?.seq ?? 0;
    const after = Math.max(this.scanned.get(kind) ?? 0, total.trimmedSeq, (this.table.oldest()?.seq ?? 1) - 1);
    if (total.count === 0 || after >= newest) return null;
    const rows = this.ofKind.all(after, newest, kind);
    // Also when nothing is over a bound by now: the first event's time must be known.
    if (rows.length === 0) {
      this.scanned.set(kind, Math.min(after + SCAN, newest - 1));
      return { remove: null, more: after + SCAN < newest };
    }
    const over = new Excess(total, keep, now);
    const gone = over.taken(rows);
    // What stands before the first row is looked through; a removed range is known by the total's `trimmedSeq` once it is committed.
    this.scanned.set(kind, rows[0]!.seq - 1);
    if (gone.length === 0) return null;
    const remove = () => {
      this.deleteOfKind.run(after, gone.at(-1)!.seq, kind);
      this.removed(kind, gone);
    };
    return { remove, more: over.full(gone) };
  }

  private removed(scope: string, rows: readonly Row[]): void {
    let latest = 0;
    for (const { kind, bytes, live, ts } of rows) {
      if (live) this.table.kinds.add(kind, -1, -bytes);
      if (ts > latest) latest = ts;
    }
    this.table.kinds.trimmed(scope, rows.at(-1)!.seq, latest);
  }
}

/** How far a total is over its bounds, less what was taken. */
class Excess {
  private count: number;
  private bytes: number;
  private readonly since: number;
  private removed = 0;

  constructor(total: { readonly count: number; readonly bytes: number }, keep: Bounds, now: number) {
    this.count = total.count - keep.max_count;
    this.bytes = total.bytes - keep.max_bytes;
    this.since = now - keep.max_age_secs * 1000;
  }

  takes(ts: number): boolean {
    return this.count > 0 || this.bytes > 0 || ts < this.since;
  }

  /** The rows to remove, from the first on. */
  taken(rows: readonly Row[]): readonly Row[] {
    let at = 0;
    for (; at < rows.length && this.removed < BYTES && this.takes(rows[at]!.ts); at++) {
      this.count -= rows[at]!.live;
      this.bytes -= rows[at]!.bytes;
      this.removed += rows[at]!.bytes;
    }
    return rows.slice(0, at);
  }

  /** Whether taking stopped only because the piece was full. */
  full(taken: readonly Row[]): boolean {
    return taken.length === ROWS || this.removed >= BYTES;
  }
}
