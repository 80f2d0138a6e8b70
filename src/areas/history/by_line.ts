import type { Corpus } from './corpus';
import { fold } from './fold';
import { mayFit, patternOf, scoreOf } from './fuzzy';
import { lineTest } from './line_test';
import type { Pace } from './pace';
import { entriesOf } from './page';
import type { Query, Result } from './query_model';
import { frecencyBonus, ranked } from './ranking';
import { MARK, slotsWith, type Segment } from './segment';
import type { Found, HistoryTable } from './table';

/** A line that fits, by its newest use. */
interface Candidate {
  readonly id: number;
  readonly lastPos: number;
  readonly weight: number;
}

/** Candidates looked at closely for each one wanted: the quick look may have put them in another order. */
const CLOSER = 2;
const CLOSER_LEAST = 64;

const encoder = new TextEncoder();

/** Searches of the lines in memory. */
export class ByLine {
  constructor(
    private readonly table: HistoryTable,
    private readonly corpus: Corpus,
  ) {}

  /**
   * By time. Lines come in the order of their newest use, so it ends as soon as the page holds more than it needs and no later line can
   * have a newer entry.
   */
  async newest(query: Query, pace: Pace): Promise<Result> {
    const find = finder(query);
    const test = lineTest(query);
    const recent = this.alive(this.corpus.recent(), find);
    const top = new Newest(query.limit + 1);
    const take = (candidate: Candidate): void => {
      for (const entry of this.entriesOfLine(query, candidate)) if (test(entry.line)) top.add(entry);
    };
    const segments = this.corpus.read(pace);
    let reading = await segments.next();
    for (; !reading.done && !top.beats(reading.value.lastPos[0] ?? Infinity); reading = await segments.next()) {
      for (const candidate of this.alive(reading.value, find)) {
        while (recent.length > 0 && recent[0]!.lastPos > candidate.lastPos) take(recent.shift()!);
        if (top.beats(candidate.lastPos)) break;
        take(candidate);
      }
    }
    for (const candidate of recent) if (!top.beats(candidate.lastPos)) take(candidate);
    const page = top.entries.slice(0, query.limit);
    const complete = !reading.done || reading.value;
    const last = page.at(-1)?.pos ?? query.cursor ?? Number.MAX_SAFE_INTEGER;
    return {
      hits: page.map((entry) => ({ entry, score: null, positions: null })),
      cursor: !complete || top.entries.length > query.limit ? last : null,
      complete,
    };
  }

  /** The entries of a line that the query wants, newest first, behind the cursor. */
  private entriesOfLine(query: Query, { id, lastPos }: Candidate): Found[] {
    const beyond = query.cursor ?? Number.MAX_SAFE_INTEGER;
    if (query.distinct) {
      const newest = this.newestOf(query, id, lastPos);
      return newest && newest.pos < beyond ? [newest] : [];
    }
    const found: Found[] = [];
    for (let at: number | null = beyond; at !== null && found.length <= query.limit;) {
      const { entries, seenTo } = entriesOf(this.table, query, at, id);
      found.push(...entries);
      at = seenTo;
    }
    return found;
  }

  /** The newest entry of a line within the time that is asked for. */
  private newestOf(query: Query, id: number, lastPos: number): Found | null {
    if (query.after === undefined && query.before === undefined) return this.table.byPos(lastPos);
    return entriesOf(this.table, query, null, id).entries[0] ?? null;
  }

  /** By score or frecency, of everything the time allows to look at: roughly first, then the best of those closely. */
  async best(query: Query, pace: Pace, now: number): Promise<Result> {
    const find = finder(query, now);
    const test = lineTest(query);
    const wanted = Math.max(CLOSER_LEAST, query.limit * CLOSER);
    let candidates: Candidate[] = [];
    let least = -Infinity;
    const cut = () => {
      candidates = candidates.toSorted((a, b) => b.weight - a.weight || b.lastPos - a.lastPos).slice(0, wanted);
      if (candidates.length === wanted) least = candidates.at(-1)!.weight;
    };
    const look = (segment: Segment | null) => {
      for (const candidate of this.alive(segment, find, least)) candidates.push(candidate);
      if (candidates.length > wanted * 4) cut();
    };
    look(this.corpus.recent());
    const segments = this.corpus.read(pace);
    let reading = await segments.next();
    for (; !reading.done; reading = await segments.next()) look(reading.value);
    cut();
    const best = ranked(query, now);
    for (const entry of this.newestOfAll(query, candidates)) if (test(entry.line)) best.add(entry);
    return { hits: best.hits(), cursor: null, complete: reading.value };
  }

  /** The same of many lines, fetched together. */
  private newestOfAll(query: Query, candidates: readonly Candidate[]): Found[] {
    if (query.after === undefined && query.before === undefined) return this.table.byPlaces(candidates.map(({ lastPos }) => lastPos));
    return candidates.map(({ id, lastPos }) => this.newestOf(query, id, lastPos)).filter((entry) => entry !== null);
  }

  async beginningWith(prefix: string, limit: number, pace: Pace): Promise<{ lines: string[]; total: number }> {
    if (prefix === '') return { lines: [], total: 0 };
    const find = finder({ mode: 'prefix', filter: prefix });
    const found = this.alive(this.corpus.recent(), find);
    for await (const segment of this.corpus.read(pace)) found.push(...this.alive(segment, find));
    const lines = found
      .toSorted((a, b) => b.weight - a.weight)
      .slice(0, limit)
      .map(({ id }) => this.table.lineText(id))
      .filter((line): line is string => line !== null && line.startsWith(prefix));
    return { lines, total: found.length };
  }

  /** The lines of a segment that fit and weigh more than `least`, newest first. */
  private alive(segment: Segment | null, find: Finder, least = -Infinity): Candidate[] {
    if (!segment) return [];
    return find(segment, least)
      .filter(({ slot }) => this.corpus.holds(segment, slot))
      .map(({ slot, weight }) => ({ id: segment.ids[slot]!, lastPos: segment.lastPos[slot]!, weight }));
  }
}

interface Weighed {
  readonly slot: number;
  readonly weight: number;
}

/** The newest entries of those it is shown, newest first. */
class Newest {
  readonly entries: Found[] = [];

  constructor(private readonly most: number) {}

  add(entry: Found): void {
    if (this.beats(entry.pos)) return;
    let at = this.entries.length;
    while (at > 0 && this.entries[at - 1]!.pos < entry.pos) at--;
    this.entries.splice(at, 0, entry);
    if (this.entries.length > this.most) this.entries.pop();
  }

  full(): boolean {
    return this.entries.length === this.most;
  }

  /** Whether nothing at this place or before it can still get in. */
  beats(pos: number): boolean {
    return this.full() && this.entries.at(-1)!.pos > pos;
  }
}

type Finder = (segment: Segment, least: number) => Weighed[];

/** How the slots that fit are found, and what each weighs at first sight. What weighs no more than `least` is not even noted. */
function finder({ mode, filter, order }: Pick<Query, 'mode' | 'filter'> & { readonly order?: Query['order'] }, now = 0): Finder {
  const pick = (found: Weighed[], slot: number, weight: number, least: number) => void (weight > least && found.push({ slot, weight }));
  if (mode !== 'fuzzy') {
    const small = encoder.encode(fold(filter).replaceAll('\0', '\u0001'));
    const needle = mode === 'prefix' ? Uint8Array.of(MARK, ...small) : small;
    return (segment, least) => {
      if (least >= segment.topRank) return [];
      const found: Weighed[] = [];
      for (const slot of slotsWith(segment, needle)) pick(found, slot, segment.ranks[slot]!, least);
      return found;
    };
  }
  const pattern = patternOf(filter);
  return ({ count, text, starts, fore, aft, ranks, topRank }, least) => {
    if (least >= (order === 'frecency' ? topRank : pattern.most + frecencyBonus(topRank, now))) return [];
    const found: Weighed[] = [];
    for (let slot = 0; slot < count; slot++) {
      if (!mayFit(fore[slot]!, aft[slot]!, pattern)) continue;
      const score = scoreOf(text, starts[slot]!, starts[slot + 1]! - 1, pattern, aft[slot]!);
      if (score >= 0) pick(found, slot, order === 'frecency' ? ranks[slot]! : score + frecencyBonus(ranks[slot]!, now), least);
    }
    return found;
  };
}
