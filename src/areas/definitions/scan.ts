import { numberOf, placeOf, type Kind } from './kinds';
import { nextTurn } from './next_turn';
import { recordOf, type Row } from './row';
import type { DefinitionFilter, DefinitionPage, DefinitionRecord, Place } from './service';
import { stretchOf, type Stretch } from './stretch';
import type { DefinitionTable } from './table';

/** What one step goes through: entries of an index, or rows where an entry does not tell enough. */
const STEP = { entries: 10_000, rows: 500 };
/** One page, beside its limit; a record that is larger comes alone. It also bounds what a step holds in memory. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** Rows the first step takes; a later one takes as many as fit, by the size of those before. */
const FIRST_ROWS = 64;
const MOST_ROWS = 1000;
/** Times a page is gathered at most. */
const TRIES = 3;

interface Step {
  readonly rows: readonly Row[];
  /** Whether there were many of them, or much to go through for them, so that others should get their turn. */
  readonly many: boolean;
  readonly far: boolean;
}

/** Finds records in order, in steps: however rare they are, nothing else waits long for it. */
export class Scan {
  constructor(
    private readonly table: DefinitionTable,
    /** Grows with every change of a record. */
    private readonly moment: () => number,
  ) {}

  /**
   * A page as it was at one moment: what others change while it is gathered makes it begin anew, and the last time it gives way only where it
   * has to go through much for little.
   */
  async page(filter: DefinitionFilter, limit: number, after: Place | null, signal?: AbortSignal): Promise<DefinitionPage> {
    for (let tries = 1; ; tries++) {
      const begun = this.moment();
      const page = await this.gather(filter, limit, after, tries === TRIES, signal);
      if (tries === TRIES || this.moment() === begun || signal?.aborted) return page;
    }
  }

  private async gather(filter: DefinitionFilter, limit: number, after: Place | null, last: boolean, signal?: AbortSignal): Promise<DefinitionPage> {
    const records: DefinitionRecord[] = [];
    let bytes = 0;
    for (const { rows, many, far } of this.steps(filter, after, limit + 1)) {
      for (const row of rows) {
        const size = sizeOf(row);
        if (records.length === limit || (records.length > 0 && bytes + size > PAGE_BYTES)) return { records, next: placeOfRecord(records.at(-1)!) };
        records.push(recordOf(row));
        bytes += size;
      }
      if (far || (many && !last)) await nextTurn();
      if (signal?.aborted) break;
    }
    return { records, next: null };
  }

  async count(filter: DefinitionFilter, signal?: AbortSignal): Promise<number> {
    const { shellId: _, kind: __, ...others } = filter;
    if (Object.values(others).every((each) => each === undefined)) return this.counts(filter).reduce((sum, { rows }) => sum + rows, 0);
    let found = 0;
    for (const kind of this.kindsOf(filter, null)) {
      for (let from: Place | null = null; ;) {
        const stretch = this.stretch(filter, kind, from);
        const edge = this.edge(stretch);
        const { sql, values } = stretch.matching(edge);
        found += this.table.row<{ found: number }>(`SELECT count(*) AS found ${sql}`, ...values)!.found;
        if (edge === null || signal?.aborted) break;
        from = edge;
        await nextTurn();
      }
    }
    return found;
  }

  /** Every record of a shell or a kind, without giving way. */
  *all(filter: Pick<DefinitionFilter, 'shellId' | 'kind'>): Generator<DefinitionRecord> {
    for (const { rows } of this.steps(filter, null, Infinity)) for (const row of rows) yield recordOf(row);
  }

  /** The rows that match, piece by piece, `most` in all. */
  private *steps(filter: DefinitionFilter, after: Place | null, most: number): Generator<Step> {
    let left = most;
    let fitting = FIRST_ROWS;
    for (const kind of this.kindsOf(filter, after)) {
      for (let from = after?.kind === kind ? after : null; ;) {
        const stretch = this.stretch(filter, kind, from);
        const edge = stretch.exact ? null : this.edge(stretch);
        const { sql, values } = stretch.matching(edge);
        const limit = Math.min(left, fitting);
        const rows = this.table.rows<Row>(`SELECT * ${sql} ORDER BY ${stretch.order} LIMIT ?`, ...values, limit);
        if (rows.length > 0) fitting = fittingAfter(rows);
        yield { rows, many: rows.length >= FIRST_ROWS, far: edge !== null };
        left -= rows.length;
        if (left === 0) return;
        if (rows.length === limit) from = placeOfRecord(recordOf(rows.at(-1)!));
        else if (edge) from = edge;
        else break;
      }
    }
  }

  private stretch(filter: DefinitionFilter, kind: Kind, from: Place | null): Stretch {
    const { owners } = this.table;
    const { shellId } = filter;
    return stretchOf(shellId === undefined ? filter : { ...filter, shellId: owners.of(shellId) }, kind, from, owners.anyHidden());
  }

  /** The place up to which one step goes; null when that is the end. */
  private edge({ whole, order, heavy }: Stretch): Place | null {
    const entries = heavy ? STEP.rows : STEP.entries;
    return this.table.row<Place>(
      `SELECT ord, name, shell_id AS shellId ${whole.sql} ORDER BY ${order} LIMIT 1 OFFSET ?`,
      ...whole.values,
      entries - 1,
    );
  }

  /** The kinds a filter may find something in, from the one of a place on. */
  private kindsOf(filter: DefinitionFilter, after: Place | null): Kind[] {
    const kinds = new Set(this.counts(filter).map(({ kind }) => kind));
    return [...kinds].filter((kind) => after === null || numberOf(kind) >= numberOf(after.kind));
  }

  private counts({ shellId, kind }: DefinitionFilter) {
    return this.table.counts().filter((each) => (shellId === undefined || each.shellId === shellId) && (kind === undefined || each.kind === kind));
  }
}

const placeOfRecord = ({ kind, name, shellId }: DefinitionRecord): Place => ({ kind, ord: placeOf(kind, name), name, shellId });

/** Roughly the bytes of a record on the wire; the value stands in its history once more. */
const sizeOf = ({ name, value, value_array, value_assoc, history }: Row): number =>
  300 + name.length + 2 * (value?.length ?? 0) + (value_array?.length ?? 0) + (value_assoc?.length ?? 0) + (history?.length ?? 0);

function fittingAfter(rows: readonly Row[]): number {
  const mean = rows.reduce((sum, row) => sum + sizeOf(row), 0) / rows.length;
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(PAGE_BYTES / mean)));
}
