import type { Statement } from '../../storage/statement';
import type { Db } from '../../storage/db';

/** What the log keeps of one kind, and how far retention has removed it. */
export interface KindTotal {
  readonly count: number;
  readonly bytes: number;
  /** Every event of the kind with a number up to this is gone. */
  readonly trimmedSeq: number;
  /** The latest time among the removed. */
  readonly trimmedTs: number;
}

interface Change {
  count: number;
  bytes: number;
  trimmedSeq: number;
  trimmedTs: number;
}

/** The row that stands for the whole log. */
export const WHOLE_LOG = '';
const NOTHING: KindTotal = { count: 0, bytes: 0, trimmedSeq: 0, trimmedTs: 0 };

/** Totals per kind. Changes are summed in memory and written once per transaction; they hold when it is committed. */
export class Kinds {
  private readonly totals = new Map<string, KindTotal>();
  private readonly changes = new Map<string, Change>();
  private readonly save: Statement<unknown>;

  constructor(db: Db) {
    this.save = db.prepare(
      `INSERT INTO event_kind VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind) DO UPDATE SET count = count + excluded.count,
       bytes = bytes + excluded.bytes, trimmed_seq = max(trimmed_seq, excluded.trimmed_seq), trimmed_ts = max(trimmed_ts, excluded.trimmed_ts)`,
    );
    const rows = db.sqlite.query('SELECT kind, count, bytes, trimmed_seq AS trimmedSeq, trimmed_ts AS trimmedTs FROM event_kind').all();
    for (const { kind, ...total } of rows as (KindTotal & { kind: string })[]) this.totals.set(kind, total);
    db.beforeCommit(() => {
      for (const [kind, { count, bytes, trimmedSeq, trimmedTs }] of this.changes) this.save.run(kind, count, bytes, trimmedSeq, trimmedTs);
    });
    db.onCommit(this.apply);
    db.onRollback(() => this.changes.clear());
  }

  private readonly apply = (): void => {
    if (this.changes.size === 0) return;
    for (const [kind, change] of this.changes) {
      const before = this.of(kind);
      this.totals.set(kind, {
        count: before.count + change.count,
        bytes: before.bytes + change.bytes,
        trimmedSeq: Math.max(before.trimmedSeq, change.trimmedSeq),
        trimmedTs: Math.max(before.trimmedTs, change.trimmedTs),
      });
    }
    this.changes.clear();
  };

  /** Only inside a write. */
  add(kind: string, count: number, bytes: number): void {
    const change = this.change(kind);
    change.count += count;
    change.bytes += bytes;
  }

  /** Only inside a write, which removes the events. */
  trimmed(kind: string, seq: number, ts: number): void {
    const change = this.change(kind);
    change.trimmedSeq = Math.max(change.trimmedSeq, seq);
    change.trimmedTs = Math.max(change.trimmedTs, ts);
  }

  private change(kind: string): Change {
    let change = this.changes.get(kind);
    if (!change) this.changes.set(kind, (change = { ...NOTHING }));
    return change;
  }

  of(kind: string): KindTotal {
    return this.totals.get(kind) ?? NOTHING;
  }

  /** Of all kinds together. */
  total(): { readonly count: number; readonly bytes: number } {
    let [count, bytes] = [0, 0];
    for (const each of this.totals.values()) {
      count += each.count;
      bytes += each.bytes;
    }
    return { count, bytes };
  }

  /** What is kept of each kind. */
  figures(): Record<string, { count: number; bytes: number }> {
    const kept = [...this.totals].filter(([, { count }]) => count > 0);
    return Object.fromEntries(kept.map(([kind, { count, bytes }]) => [kind, { count, bytes }]));
  }

  /** Up to which number, and up to which time, events of these kinds may have been removed; of every kind without a list. */
  trimmedUpTo(kinds: readonly string[] | undefined): { readonly seq: number; readonly ts: number } {
    let [seq, ts] = [0, 0];
    for (const kind of kinds ? [WHOLE_LOG, ...kinds] : this.totals.keys()) {
      const { trimmedSeq, trimmedTs } = this.of(kind);
      seq = Math.max(seq, trimmedSeq);
      ts = Math.max(ts, trimmedTs);
    }
    return { seq, ts };
  }
}
