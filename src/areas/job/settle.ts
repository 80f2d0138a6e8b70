import type { Clock } from '../../kernel/clock';
import type { EventDraft, EventService } from '../../kernel/context';
import type { ProcessIdentity } from '../../kernel/process';
import { backoff, isOver, outcomeOf, retries, succeeded, type End, type Outcome } from './model';
import { commandOf, type JobRow } from './row';
import type { Member } from './session';
import type { JobTable, Sizes } from './table';

export interface Ending {
  readonly id: number;
  /** Which start ended; null for a job that never started. */
  readonly launch: number | null;
  readonly end: End | Outcome;
  readonly leftovers: readonly Member[];
  readonly sizes: Sizes;
  /** The last output, told before `complete`. */
  readonly news: readonly EventDraft[];
}

/** What is decided in the transaction that stores the end of a job. */
export class Settlement {
  constructor(
    private readonly table: JobTable,
    private readonly events: EventService,
    private readonly clock: Clock,
  ) {}

  /** Only inside a write. The numbers of the jobs that are over now: this one unless it is tried again, and those it takes along. */
  settle(ending: Ending): number[] {
    const row = this.table.get(ending.id);
    if (!row || isOver(row.state) || (ending.launch !== null && row.launch !== ending.launch)) return [];
    for (const draft of ending.news) this.events.append(draft);
    const now = this.clock.now();
    const outcome = 'kind' in ending.end ? outcomeOf(ending.end, row.stop) : ending.end;
    if (retries(outcome, row.stop, row.attempt, row.retries)) {
      const at = now + backoff(row.backoff_ms, row.attempt);
      this.table.requeue(row.job_id, 1, at);
      this.tell(row, 'retry', { attempt: row.attempt, state: outcome.state, exit_code: outcome.exitCode, error: outcome.error, next_ns: at * 1e6 });
      return [];
    }
    const leftovers = ending.leftovers.length > 0 ? JSON.stringify(ending.leftovers) : null;
    this.table.end(row.job_id, outcome, leftovers, ending.sizes, now);
    this.complete(row, outcome, now, ending.leftovers);
    return [row.job_id, ...this.goOn(row.job_id, succeeded(outcome), now)];
  }

  /** Lets the jobs that waited for this one go on, or skips them and whoever waits for them. */
  private goOn(from: number, good: boolean, now: number): number[] {
    const skipped: number[] = [];
    const ends: { id: number; good: boolean }[] = [{ id: from, good }];
    for (let end = ends.pop(); end; end = ends.pop()) {
      for (const id of this.table.takeDependents(end.id)) {
        const row = this.table.get(id);
        if (!row || isOver(row.state)) continue;
        if (end.good) {
          this.table.releaseOne(id);
          continue;
        }
        const outcome: Outcome = { state: 'skipped', exitCode: null, signal: null, error: `job ${end.id}, which it waits for, did not succeed` };
        this.table.end(id, outcome, null, { stdout: 0, stderr: 0 }, now);
        this.complete(row, outcome, now, []);
        skipped.push(id);
        ends.push({ id, good: false });
      }
    }
    return skipped;
  }

  /** Notes who runs a claimed job. Only inside a write. */
  begun(row: JobRow, { pid, start }: ProcessIdentity): void {
    this.table.pid(row.job_id, row.launch, pid, start);
    this.tell(row, 'start', {
      command: commandOf(row),
      pid,
      attempt: row.attempt,
      started_at: rfc3339(row.started_at ?? this.clock.now()),
    });
  }

  private complete(row: JobRow, { state, exitCode, signal, error }: Outcome, now: number, leftovers: readonly Member[]): void {
    this.tell(row, 'complete', {
      state,
      exit_code: exitCode,
      signal,
      error,
      finished_at: rfc3339(now),
      ...(leftovers.length > 0 ? { leftovers } : {}),
    });
  }

  private tell(row: JobRow, topic: string, data: Readonly<Record<string, unknown>>): void {
    this.events.append({ kind: 'job', scope: `job:${row.job_id}`, topic, source: row.source, data });
  }
}

let second = NaN;
let upToSecond = '';

/** UTC with a numeric offset, as the contract has it. Jobs of a list are often of one second, so the calendar is asked once for all of them. */
export function rfc3339(ms: number): string {
  const at = Math.floor(ms / 1000);
  if (at !== second) {
    upToSecond = new Date(at * 1000).toISOString().slice(0, -4);
    second = at;
  }
  return `${upToSecond}${String(Math.floor(ms - at * 1000)).padStart(3, '0')}+00:00`;
}
