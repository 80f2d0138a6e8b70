import type { Clock } from '../../kernel/clock';
import type { Pace } from './pace';
import { segmentOf, type Segment, type Source } from './segment';
import type { HistoryTable, LineChange } from './table';

/** Lines read at once: about five milliseconds of the loop. The first pages are shorter, as somebody waits for what they hold. */
const PAGE = 4096;
const FIRST_PAGE = 512;
/** Changes kept beside what was read; with more it is read anew when it is needed. */
const MOST_FRESH = 8192;
/** Unused for this long it is given up. */
const IDLE_MS = 10 * 60_000;

/** Where a line's current place is: in a segment that was read, among the fresh ones, or nowhere. */
const READ = 1;
const FRESH = 2;
const GONE = 3;

interface LinePage {
  readonly id: number;
  readonly line: string;
  readonly last_pos: number;
  readonly rank: number;
}

/**
 * Every line once, in memory, for searches that no index answers: any part of a line, or its characters in order. It is read when it is
 * first needed, newest lines first, so the newest are searched while older ones are still being read; it takes about the size of the lines.
 */
export class Corpus {
  private segments: Segment[] = [];
  private readonly fresh = new Map<number, Source>();
  private freshSegment: Segment | null = null;
  /** By line id. */
  private places = new Uint8Array(0);
  /** Everything from here on has been read; null before the first page. */
  private readTo: number | null = null;
  private whole = false;
  private used: number | null = null;

  constructor(
    private readonly table: HistoryTable,
    private readonly clock: Clock,
  ) {}

  /** Lines that were used since the others were read, newest first. */
  recent(): Segment | null {
    this.used = this.clock.monotonic();
    if (this.fresh.size === 0) return null;
    this.freshSegment ??= segmentOf([...this.fresh.values()].toSorted((a, b) => b.lastPos - a.lastPos));
    return this.freshSegment;
  }

  /** Whether a slot of what was read still is its line's place. */
  holds(segment: Segment, slot: number): boolean {
    return segment === this.freshSegment || this.places[segment.ids[slot]!] === READ;
  }

  /** The segments behind the recent ones, newest first, read as far as the time allows; true at the end when that was everything. */
  async *read(pace: Pace): AsyncGenerator<Segment, boolean> {
    this.used = this.clock.monotonic();
    let { segments } = this;
    for (let at = 0; ; at++) {
      if (await pace.over()) return false;
      // It was forgotten meanwhile: what was given so far stays true, the rest is another call's.
      if (segments !== this.segments) return false;
      if (at >= segments.length && !this.readPage()) return true;
      segments = this.segments;
      yield segments[at]!;
    }
  }

  /** Reads on in the time there is. */
  async warm(pace: Pace): Promise<void> {
    while (!(await pace.over()) && this.readPage());
  }

  private readPage(): boolean {
    if (this.whole) return false;
    const page = Math.min(PAGE, FIRST_PAGE << Math.min(this.segments.length, 8));
    const rows = this.table.all<LinePage>('SELECT id, line, last_pos, rank FROM history_line WHERE last_pos < ? ORDER BY last_pos DESC LIMIT ?', [
      this.readTo ?? Number.MAX_SAFE_INTEGER,
      page,
    ]);
    this.whole = rows.length < page;
    if (rows.length === 0) {
      // Of an empty history everything has been read, and what comes is noted.
      this.readTo ??= 0;
      return false;
    }
    this.readTo = rows.at(-1)!.last_pos;
    const lines = rows
      .filter(({ id }) => !this.places[id])
      .map(({ id, line, last_pos: lastPos, rank }) => {
        this.place(id, READ);
        return { id, line, lastPos, rank };
      });
    this.segments.push(segmentOf(lines));
    return true;
  }

  /** A line was used, or deleted. What has not been read needs no note. */
  apply({ id, line, standing }: LineChange): void {
    if (this.readTo === null) return;
    this.freshSegment = null;
    this.fresh.delete(id);
    this.place(id, standing ? FRESH : GONE);
    if (standing) this.fresh.set(id, { id, line, ...standing });
    if (this.fresh.size > MOST_FRESH) this.forget();
  }

  private place(id: number, where: number): void {
    if (id >= this.places.length) {
      const larger = new Uint8Array(Math.max(1024, id + 1, this.places.length * 2));
      larger.set(this.places);
      this.places = larger;
    }
    this.places[id] = where;
  }

  /** Gives the memory back. */
  forget(): void {
    this.segments = [];
    this.fresh.clear();
    this.freshSegment = null;
    this.places = new Uint8Array(0);
    this.readTo = null;
    this.whole = false;
    this.used = null;
  }

  forgetIdle(): void {
    if (this.used !== null && this.clock.monotonic() - this.used > IDLE_MS) this.forget();
  }
}
