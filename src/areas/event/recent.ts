import type { Statement } from '../../storage/statement';
import type { EventRecord } from '../../kernel/context';
import type { Db } from '../../storage/db';
import type { Filter } from './filter';
import { COLUMNS, type EventTable } from './table';

export interface RecentEvents {
  readonly newestFirst: readonly EventRecord[];
  /** Where an older page begins, as `before`; null when there is none. */
  readonly next: number | null;
}

const PAGE_ROWS = 256;
/** A rare filter may match nothing for long: after so many events the page ends, with a place to go on from. */
const MAX_LOOKED_AT = 100_000;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Reads the log backwards. */
export class Recent {
  private readonly page: Statement<Parameters<EventTable['records']>[0][number]>;

  constructor(
    db: Db,
    private readonly table: EventTable,
  ) {
    this.page = db.prepare(`SELECT ${COLUMNS} FROM event WHERE seq < ? ORDER BY seq DESC LIMIT ${PAGE_ROWS}`);
  }

  /** The newest events a filter lets through, from right before a number. In bounded pieces, one per turn of the event loop. */
  async find(filter: Filter, limit: number, before: number | null, now: number): Promise<RecentEvents> {
    const found: EventRecord[] = [];
    let position = before ?? Number.MAX_SAFE_INTEGER;
    for (let looked = 0; looked < MAX_LOOKED_AT; looked += PAGE_ROWS) {
      const rows = this.page.all(position);
      for (const event of this.table.records(rows, now)) {
        if (found.length === limit) return { newestFirst: found, next: position };
        position = event.seq;
        if (filter.match(event) !== null) found.push(event);
      }
      position = rows.at(-1)?.seq ?? position;
      if (rows.length < PAGE_ROWS) return { newestFirst: found, next: null };
      await nextTurn();
    }
    return { newestFirst: found, next: position };
  }
}
