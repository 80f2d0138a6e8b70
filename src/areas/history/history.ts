import type { Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import type { Db } from '../../storage/db';
import { Corpus } from './corpus';
import { Deleter } from './deleter';
import { appended, imported, longCommand } from './events';
import { ignoredBy, type Ignored, type IgnoreRules } from './ignore';
import { Insight } from './insight';
import type { Draft, Entry } from './model';
import { NO_NAMES, type KnownNames } from './names';
import { Programs } from './programs';
import type { Query, Result } from './query_model';
import { redact } from './redact';
import { Search } from './search';
import type { Appended, Deletion, Figures, HistoryService, Imported, Page } from './service';
import { COLUMNS, FROM, HistoryTable, type LineChange } from './table';

/** Read anew at each use, so a changed setting holds at once. */
export interface HistoryLimits extends IgnoreRules {
  readonly redact: boolean;
  readonly maxLineBytes: number;
  readonly maxEntries: number;
  /** 0: for ever. */
  readonly maxAgeMs: number;
  /** 0: none is announced. */
  readonly longCommandMs: number;
}

/** Tells every session but that of a shell; 0: every one. */
export type Announce = (topic: string, data: object, exceptShell: number) => void;

interface Judged {
  readonly draft: Draft;
  readonly ignored: Ignored | null;
  readonly redacted: number;
}

/** The history of commands: what is kept, and what is found again. */
export class History implements HistoryService {
  readonly table: HistoryTable;
  readonly corpus: Corpus;
  readonly programs: Programs;
  private readonly deleter: Deleter;
  private readonly searching: Search;
  private readonly insight: Insight;

  constructor(
    private readonly db: Db,
    private readonly events: Pick<EventService, 'append'>,
    clock: Clock,
    private readonly limits: () => HistoryLimits,
    readonly names: KnownNames = NO_NAMES,
    private readonly announce: Announce = () => {},
  ) {
    this.programs = new Programs(clock);
    this.table = new HistoryTable(db);
    this.corpus = new Corpus(this.table, clock);
    this.deleter = new Deleter(db, this.table, this.corpus, events, clock, limits);
    this.searching = new Search(this.table, this.corpus, clock);
    this.insight = new Insight(this.table);
  }

  get part() {
    return this.deleter.part;
  }

  async append(draft: Draft, source: string): Promise<Appended> {
    const limits = this.limits();
    const judged = this.judge(draft, limits);
    if (judged.ignored !== null) {
      await this.db.write(() => this.table.count(0, 1), 'normal');
      return { id: null, ignored: judged.ignored, redacted: 0 };
    }
    const { entry, change, long } = await this.db.write(() => {
      const added = this.table.insert(judged.draft);
      this.table.count(judged.redacted, 0);
      this.events.append(appended(added.entry, source));
      const long = longCommand(added.entry, limits.longCommandMs, source);
      if (long) this.events.append(long);
      return { ...added, long };
    }, 'normal');
    this.corpus.apply(change);
    if (long) this.announce(long.topic, long.data as object, entry.shellId ?? 0);
    return { id: entry.id, ignored: null, redacted: judged.redacted };
  }

  async import(drafts: readonly Draft[], dedupe: boolean, source: string): Promise<Imported> {
    const limits = this.limits();
    const judged = drafts.map((draft) => this.judge(draft, { ...limits, paused: false }));
    const kept = judged.filter(({ ignored }) => ignored === null);
    const ignored = judged.length - kept.length;
    const done = await this.db.write(() => {
      const changes: LineChange[] = [];
      let redacted = 0;
      for (const each of kept) {
        if (dedupe && this.table.has(each.draft.line, each.draft.ts)) continue;
        changes.push(this.table.insert(each.draft).change);
        redacted += each.redacted;
      }
      this.table.count(redacted, ignored);
      if (changes.length > 0) this.events.append(imported(changes.length, source));
      return { changes, redacted };
    }, 'normal');
    for (const change of done.changes) this.corpus.apply(change);
    return { imported: done.changes.length, duplicates: kept.length - done.changes.length, ignored, redacted: done.redacted };
  }

  /** What is to be kept of a line. */
  private judge(draft: Draft, limits: HistoryLimits): Judged {
    const bytes = Buffer.byteLength(draft.line);
    if (bytes > limits.maxLineBytes)
      throw new ZdError('too_large', `The command has ${bytes} bytes; at most ${limits.maxLineBytes} are kept (history.max_line_bytes).`, {
        extra: { limit: limits.maxLineBytes },
      });
    const ignored = ignoredBy(draft.line, limits);
    if (ignored !== null || !limits.redact) return { draft, ignored, redacted: 0 };
    const { line, redacted } = redact(draft.line);
    return { draft: redacted === 0 ? draft : { ...draft, line }, ignored, redacted };
  }

  /** A line as the other shells may see it, without secrets; null when nothing of it is to be kept. */
  shown(line: string): string | null {
    const limits = this.limits();
    if (ignoredBy(line, limits) !== null) return null;
    return limits.redact ? redact(line).line : line;
  }

  query(query: Query): Promise<Result> {
    return this.searching.run(query);
  }

  count(query: Query): Promise<number | null> {
    return this.searching.count(query);
  }

  delete(deletion: Deletion, source: string): Promise<number> {
    return this.deleter.delete(deletion, source);
  }

  beginningWith(prefix: string, limit: number): Promise<{ lines: string[]; total: number }> {
    return this.searching.beginningWith(prefix, limit);
  }

  figures(top: number): Promise<Figures> {
    return this.insight.figures(top);
  }

  all(cursor: number | null, limit: number): Page {
    const entries = this.table.rows(`SELECT ${COLUMNS} FROM ${FROM} WHERE pos > ? ORDER BY pos LIMIT ?`, [cursor ?? -1, limit]);
    return { entries, cursor: entries.length === limit ? entries.at(-1)!.pos : null };
  }

  restore(entries: readonly Omit<Entry, 'pos'>[]): number {
    let added = 0;
    for (const entry of entries) {
      const same = this.table.byId(entry.id);
      const there = same ? same.line === entry.line && same.ts === entry.ts : false;
      if (there || (same && this.table.has(entry.line, entry.ts))) continue;
      this.table.insert(entry, entry.id);
      added++;
    }
    // What is held in memory is read anew: the write that this is part of may still be taken back.
    this.corpus.forget();
    return added;
  }

  stop(): void {
    this.corpus.forget();
  }
}
