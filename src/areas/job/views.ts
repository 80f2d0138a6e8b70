import type { Static } from '../../kernel/schema';
import { isOver } from './model';
import { rareOf, type ListedRow, type RareRow } from './row';
import type { Snapshot } from './schema';
import type { JobService } from './service';
import type { JobTable, ListQuery } from './table';
import { view } from './view';

type View = Static<typeof Snapshot>;

/** As many as one list can have; about 1.5 KB each. */
const MAX_KEPT = 10_000;

/**
 * Lists of jobs, as replies show them. Most jobs of a long list are over, or wait and never ran: what is shown of those changes only when their
 * row does, and is kept. Who watches a queue asks for the same thousands again and again.
 */
export class JobViews {
  private readonly kept = new Map<number, View>();
  private used = false;

  constructor(
    private readonly table: JobTable,
    private readonly jobs: JobService,
  ) {}

  /** Newest first. */
  list(query: ListQuery, now: number): View[] {
    this.used = true;
    const ids = this.table.ids(query);
    const missing = ids.filter((id) => !this.kept.has(id));
    if (missing.length * 2 > ids.length) return this.table.list(query).map((row) => this.show(row, now));
    const shown = new Map<number, View>();
    for (const id of missing) shown.set(id, this.show(this.table.listed(id)!, now));
    return ids.map((id) => shown.get(id) ?? this.kept.get(id)!);
  }

  private show(row: ListedRow, now: number): View {
    const rare = rareOf(row);
    const shown = view(row, rare, this.jobs, now);
    if (lasts(row, rare)) this.keep(row.job_id, shown);
    return shown;
  }

  private keep(id: number, shown: View): void {
    if (this.kept.size >= MAX_KEPT && !this.kept.has(id)) this.kept.delete(this.kept.keys().next().value!);
    this.kept.set(id, shown);
  }

  forget(id: number): void {
    this.kept.delete(id);
  }

  /** Called from time to time: what nobody has asked for since the last call is given back. */
  rest(): void {
    if (!this.used) this.kept.clear();
    this.used = false;
  }
}

/** Whether neither the clock, nor a file, nor a process has a say in what is shown. */
const lasts = (row: ListedRow, rare: RareRow): boolean =>
  isOver(row.state) || ((row.state === 'queued' || row.state === 'paused') && rare.launch === 0 && rare.not_before === 0);
