import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import type { Db } from '../../storage/db';
import type { Statement } from '../../storage/statement';
import type { Since } from './since';
import type { EventTable } from './table';

export interface Cursor {
  readonly name: string;
  /** Of the last event that was acknowledged. */
  readonly id: string;
  readonly seq: number;
  /** Streams that began at this position. */
  readonly attempts: number;
  /** Milliseconds since the Unix epoch. */
  readonly movedAt: number;
}

/**
 * Positions of named readers, which they move themselves by acknowledging what they have done with. A reader that dies gets again what it
 * had not acknowledged: at least once, never lost.
 */
export class Cursors {
  private readonly one: Statement<Cursor>;
  private readonly all: Statement<Cursor>;
  private readonly count: Statement<{ rows: number }>;
  private readonly put: Statement<unknown>;
  private readonly again: Statement<unknown>;
  private readonly drop: Statement<unknown>;

  constructor(
    private readonly db: Db,
    private readonly table: EventTable,
    private readonly clock: Clock,
    private readonly limit: () => number,
  ) {
    const columns = 'name, id, seq, attempts, moved_at AS movedAt';
    this.one = db.prepare(`SELECT ${columns} FROM event_cursor WHERE keeper = ? AND name = ?`);
    this.all = db.prepare(`SELECT ${columns} FROM event_cursor WHERE keeper = ? ORDER BY name`);
    this.count = db.prepare('SELECT count(*) AS rows FROM event_cursor');
    this.put = db.prepare('INSERT OR REPLACE INTO event_cursor (keeper, name, id, seq, attempts, moved_at) VALUES (?, ?, ?, ?, ?, ?)');
    this.again = db.prepare('UPDATE event_cursor SET attempts = attempts + 1 WHERE keeper = ? AND name = ?');
    this.drop = db.prepare('DELETE FROM event_cursor WHERE keeper = ? AND name = ?');
  }

  find(keeper: string, name: string): Cursor | null {
    return this.one.get(keeper, name);
  }

  /** Where its reader goes on. An id is forgotten with the last event of its time; the number still says what is missing, and what is not. */
  since({ id, seq }: Cursor): Since {
    const { epochs } = this.table;
    return epochs.locate(id, this.table.last()) ? { kind: 'id', text: id } : { kind: 'seq', seq, text: id };
  }

  /** In order of their names. */
  list(keeper: string): Cursor[] {
    return this.all.all(keeper);
  }

  /** Throws `too_many` when there is no room for one more. */
  room(): void {
    const limit = this.limit();
    if (this.count.get()!.rows >= limit)
      throw new ZdError('too_many', `There are ${limit} cursors.`, { hint: 'Delete some, or raise events.max_cursors.', extra: { limit } });
  }

  /** Notes that a stream begins at a cursor, which is made at `id` when it is new. */
  begin(keeper: string, name: string, id: string): Promise<Cursor> {
    return this.db.write(() => {
      if (this.find(keeper, name)) this.again.run(keeper, name);
      else this.put.run(keeper, name, id, this.table.epochs.locate(id, this.table.last())?.after ?? 0, 1, this.clock.now());
      return this.find(keeper, name)!;
    }, 'normal');
  }

  /**
   * Moves a cursor to an event, or to the `latest`, forwards unless `back` allows the other way too; makes it when it is new. Null for an id that is not of
   * this log.
   */
  async commit(keeper: string, name: string, id: string, back: boolean): Promise<{ readonly cursor: Cursor; readonly moved: boolean } | null> {
    const { epochs } = this.table;
    const position = id === 'latest' ? epochs.id(this.table.last()) : id;
    const at = epochs.locate(position, this.table.last());
    if (!at?.whole) return null;
    return this.db.write(() => {
      const before = this.find(keeper, name);
      if (!before) this.room();
      const moved = !before || (back ? at.after !== before.seq : at.after > before.seq);
      if (moved) this.put.run(keeper, name, position, at.after, 0, this.clock.now());
      return { cursor: this.find(keeper, name)!, moved };
    }, 'normal');
  }

  remove(keeper: string, name: string): Promise<boolean> {
    return this.db.write(() => this.drop.run(keeper, name).changes > 0, 'normal');
  }
}
