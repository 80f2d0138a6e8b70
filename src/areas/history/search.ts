import type { Clock } from '../../kernel/clock';
import { ByLine } from './by_line';
import { hasConditions, whereOf } from './conditions';
import type { Corpus } from './corpus';
import { lineTest } from './line_test';
import { Pace } from './pace';
import { entriesOf } from './page';
import type { Hit, Query, Result } from './query_model';
import { ranked } from './ranking';
import { storageQuery } from './storage_query';
import { COLUMNS, FROM, type Found, type HistoryTable } from './table';
import { textSearch } from './words';

/** Places taken from the index per step. */
const STEP = 256;
/** Entries of a page that is only counted. */
const COUNTED_AT_ONCE = 2000;

/** Finds entries: by the full-text index, by the lines in memory, or by going through the entries in order, whichever answers soonest. */
export class Search {
  private readonly byLine: ByLine;

  constructor(
    private readonly table: HistoryTable,
    corpus: Corpus,
    private readonly clock: Clock,
  ) {
    this.byLine = new ByLine(table, corpus);
  }

  async run(query: Query): Promise<Result> {
    if ((query.mode === 'match' || query.mode === 'fts') && this.table.indexLags()) await this.table.db.write(() => this.table.index(), 'normal');
    const pace = new Pace(() => this.clock.monotonic(), query.budgetMs);
    const { mode, filter, descending } = query;
    const inMemory = mode === 'like' || mode === 'prefix' || mode === 'fuzzy';
    if (inMemory && filter !== '' && descending && !hasConditions(query))
      return query.order === 'time' ? this.byLine.newest(query, pace) : this.byLine.best(query, this.looking(query), this.clock.now());
    return query.order === 'time' ? this.inOrder(query, pace) : this.ranked(query, pace);
  }

  /** The time of a ranked search without what it takes to look closely at the best. */
  private looking({ budgetMs }: Query): Pace {
    return new Pace(() => this.clock.monotonic(), budgetMs - Math.min(CLOSE_LOOK_MS, budgetMs / 3));
  }

  /** How many entries fit, with `distinct` how many lines; null when the time is used up first. */
  async count(query: Query): Promise<number | null> {
    const { filter, after, before, distinct, budgetMs } = query;
    if (filter === '' && !distinct && !hasConditions(query) && after === undefined && before === undefined) return this.table.totals().entries;
    const until = this.clock.monotonic() + budgetMs;
    let found = 0;
    for (let cursor: number | null = null; ;) {
      const left = Math.max(1, until - this.clock.monotonic());
      const { hits, cursor: next, complete } = await this.run({ ...query, order: 'time', limit: COUNTED_AT_ONCE, cursor, budgetMs: left });
      found += hits.length;
      if (!complete) return null;
      if (next === null) return found;
      cursor = next;
    }
  }

  beginningWith(prefix: string, limit: number): Promise<{ lines: string[]; total: number }> {
    return this.byLine.beginningWith(prefix, limit, new Pace(() => this.clock.monotonic(), BEGINNING_MS));
  }

  /** By time, until the page is full or the time is used up. */
  private async inOrder(query: Query, pace: Pace): Promise<Result> {
    const hits: Hit[] = [];
    let at = query.cursor;
    for (;;) {
      const { entries, seenTo } = this.step(query, at);
      for (const entry of entries) {
        if (hits.length === query.limit) return { hits, cursor: hits.at(-1)!.entry.pos, complete: true };
        hits.push({ entry, score: null, positions: null });
      }
      if (seenTo === null) return { hits, cursor: null, complete: true };
      at = seenTo;
      if (await pace.over()) return { hits, cursor: at, complete: false };
    }
  }

  /** Looks at all that fits, newest first, and keeps the best. */
  private async ranked(query: Query, pace: Pace): Promise<Result> {
    const now = this.clock.now();
    const best = ranked(query, now);
    let at = query.cursor;
    for (;;) {
      const { entries, seenTo } = this.step({ ...query, distinct: true }, at);
      for (const entry of entries) best.add(entry);
      if (seenTo === null) return { hits: best.hits(), cursor: null, complete: true };
      at = seenTo;
      if (await pace.over()) return { hits: best.hits(), cursor: null, complete: false };
    }
  }

  /** The entries among the next ones that fit, and how far it has looked; null at the end. */
  private step(query: Query, at: number | null): { entries: Found[]; seenTo: number | null } {
    const { mode, filter } = query;
    const places =
      mode === 'match' || mode === 'fts' ? this.fromIndex(query, at) : mode === 'exact' && filter !== '' ? this.fromLine(query, at) : null;
    const test = lineTest(query);
    const next = places ? places : this.fromTable(query, at);
    const entries = next.entries.filter((entry) => test(entry.line) && (!query.distinct || this.isEdge(query, entry)));
    return { entries, seenTo: next.seenTo };
  }

  /** Through the full-text index, which gives places in order. Null without a word it knows. */
  private fromIndex(query: Query, at: number | null): { entries: Found[]; seenTo: number | null } | null {
    const expression = query.mode === 'fts' && query.filter.trim() !== '' ? query.filter : textSearch(query.filter).expression;
    if (expression === null) return null;
    const { terms, values } = whereOf(query);
    const [compare, order] = query.descending ? ['<', 'DESC'] : ['>', 'ASC'];
    const from = at ?? (query.descending ? Number.MAX_SAFE_INTEGER : -1);
    const places = storageQuery(query.mode, () =>
      this.table.all<{ pos: number }>(
        `SELECT rowid AS pos FROM history_fts WHERE history_fts MATCH ? AND rowid ${compare} ? ORDER BY rowid ${order} LIMIT ${STEP}`,
        [expression, from],
      ),
    );
    const entries = this.table.rows(
      `SELECT ${COLUMNS} FROM ${FROM} WHERE ${['pos IN (SELECT value FROM json_each(?))', ...terms].join(' AND ')} ORDER BY pos ${order}`,
      [JSON.stringify(places.map(({ pos }) => pos)), ...values],
    );
    return { entries, seenTo: places.length < STEP ? null : places.at(-1)!.pos };
  }

  /** Every entry of one line. */
  private fromLine(query: Query, at: number | null): { entries: Found[]; seenTo: number | null } | null {
    if (query.ignoreCase) return null;
    const line = this.table.lineOf(query.filter);
    if (!line) return { entries: [], seenTo: null };
    return entriesOf(this.table, query, at, line.id);
  }

  private fromTable(query: Query, at: number | null): { entries: Found[]; seenTo: number | null } {
    return entriesOf(this.table, query, at);
  }

  /** Whether no newer entry (no older one when ascending) of the same line fits as well. */
  private isEdge(query: Query, entry: Found): boolean {
    const { terms, values } = whereOf(query, 'other');
    const beyond = `other.line_id = ? AND other.pos ${query.descending ? '>' : '<'} ?`;
    return (
      this.table.get(`SELECT 1 FROM history AS other WHERE ${[beyond, ...terms].join(' AND ')} LIMIT 1`, entry.lineId, entry.pos, ...values) === null
    );
  }
}

const CLOSE_LOOK_MS = 4;
/** What a shell waits for while somebody types. */
const BEGINNING_MS = 20;
