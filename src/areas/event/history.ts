import type { Statement } from '../../storage/statement';
import type { EventRecord } from '../../kernel/context';
import type { Db } from '../../storage/db';
import type { Pattern } from './pattern';
import { locate, type Since } from './since';
import { COLUMNS, type EventTable } from './table';
import { isVisible, type Audience } from './visibility';

export interface ListQuery {
  readonly kind?: string;
  readonly pattern: Pattern;
  readonly audience: Audience;
  readonly since?: Since;
  /** Up to here: a number or id inclusive, a time exclusive. */
  readonly until?: Since;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** `next` of the page before this one; it also holds the bounds of the first page. */
  readonly cursor?: string;
}

export interface ListPage {
  readonly events: readonly EventRecord[];
  /** Null when there is nothing more. */
  readonly next: string | null;
  /** False when retention or a crash has removed events that the query may have asked for. */
  readonly complete: boolean;
}

/** Numbers, `after` exclusive and `upTo` inclusive; without `upTo` a page may reach events that came after the first one. */
interface Range {
  readonly after: number;
  readonly upTo: number | null;
}

/** Bounds of one step, and of one page beside its `limit`. */
const WINDOW = 5000;
const STEP_ROWS = 128;
const PAGE_BYTES = 4 * 1024 * 1024;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Queries over what is stored. A page is found in steps, so however rare its events are, nothing else waits long for it. */
export class History {
  private readonly step: Readonly<Record<ListQuery['order'], Statement<Parameters<EventTable['records']>[0][number]>>>;

  constructor(
    db: Db,
    private readonly table: EventTable,
  ) {
    const sql = (order: string) =>
      `SELECT ${COLUMNS} FROM event WHERE seq > ?1 AND seq <= ?2 AND (?3 IS NULL OR kind = ?3) AND (substr(scope, 1, length(?4)) = ?4 OR also IS NOT NULL)
       AND substr(topic, 1, length(?5)) = ?5 ORDER BY seq ${order} LIMIT ${STEP_ROWS}`;
    this.step = { asc: db.prepare(sql('ASC')), desc: db.prepare(sql('DESC')) };
  }

  /** Null instead of a page: the cursor is none of this log's. */
  async page(query: ListQuery, now: number, signal: AbortSignal): Promise<ListPage | null> {
    const { kind, pattern, audience, order, limit } = query;
    const begun = query.cursor === undefined ? this.begin(query) : this.resume(query.cursor, order);
    if (!begun) return null;
    const { range, whole } = begun;
    const kinds = kind === undefined ? undefined : [kind];
    const complete = whole && Math.max(this.table.kinds.trimmedUpTo(kinds).seq, this.table.recovery.lostUpTo()) <= range.after;
    const end = Math.min(range.upTo ?? Infinity, this.table.last());
    const events: EventRecord[] = [];
    let bytes = 0;
    for (let [low, high] = [range.after, end]; low < high && !signal.aborted;) {
      const [from, to] = order === 'asc' ? [low, Math.min(low + WINDOW, high)] : [Math.max(high - WINDOW, low), high];
      const rows = this.step[order].all(from, to, kind ?? null, pattern.scopePrefix, pattern.topicPrefix);
      const edge = rows.length === STEP_ROWS ? rows.at(-1)!.seq : null;
      for (const event of this.table.records(rows, now)) {
        if (!isVisible(event, audience) || !pattern.matches(event.scope, event.topic, event.also)) continue;
        if (events.length === limit || (events.length > 0 && bytes + event.data.length > PAGE_BYTES))
          return { events, next: this.cursor(events.at(-1)!.seq, range, order), complete };
        events.push(event);
        bytes += event.data.length;
      }
      if (order === 'asc') low = edge ?? to;
      else high = edge === null ? from : edge - 1;
      await nextTurn();
    }
    return { events, next: null, complete };
  }

  private begin({ kind, since, until, order }: ListQuery): { readonly range: Range; readonly whole: boolean } {
    const start = locate(this.table, since ?? { kind: 'earliest', text: 'earliest' }, kind === undefined ? undefined : [kind]);
    const upTo = until && until.kind !== 'latest' ? locate(this.table, until).after : null;
    // Newest first begins somewhere: what comes later is not part of it.
    return { range: { after: start.after, upTo: upTo ?? (order === 'desc' ? this.table.last() : null) }, whole: start.whole };
  }

  private cursor(seq: number, { after, upTo }: Range, order: ListQuery['order']): string {
    return order === 'asc' ? `a.${this.table.epochs.id(seq)}.${upTo ?? ''}` : `d.${this.table.epochs.id(seq)}.${after}`;
  }

  private resume(cursor: string, order: ListQuery['order']): { readonly range: Range; readonly whole: boolean } | null {
    const match = /^([ad])\.([0-9a-z]+-\d{1,15})\.(\d{0,15})$/.exec(cursor);
    const position = match && match[1] === order[0] ? this.table.epochs.locate(match[2]!, this.table.last()) : null;
    if (!position) return null;
    if (order === 'asc') return { range: { after: position.after, upTo: match![3] === '' ? null : Number(match![3]) }, whole: position.whole };
    return { range: { after: Number(match![3]), upTo: position.after - 1 }, whole: true };
  }
}
