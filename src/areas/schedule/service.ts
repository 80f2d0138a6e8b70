import type { CatchUp, Overlap } from './model';

/** What a schedule asks the job area to run. */
export interface JobDraft {
  readonly command: readonly string[];
  readonly cwd: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly name: string | null;
  readonly group: string | null;
  readonly timeoutSecs: number | null;
}

/** How a job stands. `finishedAt` (milliseconds) is null while it has not ended. */
export interface JobStanding {
  readonly state: string;
  readonly exitCode: number | null;
  readonly finishedAt: number | null;
}

/** What schedules need of jobs. */
export interface JobPort {
  /**
   * Stores a queued job in the write of `zd.db` that is under way and answers with its id; it starts after the commit. Throws a
   * `ZdError` when it is refused.
   */
  enqueue(draft: JobDraft): number;
  /** Null for a job that was removed. */
  standing(id: number): JobStanding | null;
  /** Resolves after the end of a job is committed, or when the signal aborts. At once for a job that was removed. */
  finished(id: number, signal: AbortSignal): Promise<void>;
  /** Asks a job to end; resolves when it has ended. A job that has ended, or was removed, is fine. */
  cancel(id: number): Promise<void>;
}

export interface TimingInput {
  readonly cron_expr?: string;
  readonly every?: string;
  readonly anchor_unix_secs?: number;
  readonly fire_at_unix_secs?: number;
  readonly timezone?: string | null;
}

export interface DetailInput {
  readonly name?: string | null;
  readonly notes?: string | null;
  readonly command?: readonly string[];
  readonly cwd?: string | null;
  readonly env?: Readonly<Record<string, string>> | null;
  readonly tags?: readonly string[];
  readonly group?: string | null;
  readonly timeout_secs?: number | null;
  readonly catch_up?: CatchUp;
  readonly catch_up_limit?: number;
  readonly overlap?: Overlap;
  readonly jitter_secs?: number;
  readonly expires_at_unix_secs?: number | null;
}

export type ScheduleInput = TimingInput & DetailInput;

/** A schedule as it is stored. Times are milliseconds. */
export interface ScheduleRow {
  readonly id: number;
  readonly name: string | null;
  readonly notes: string | null;
  readonly cron_expr: string | null;
  readonly every_ms: number | null;
  readonly anchor_at: number | null;
  readonly fire_at: number | null;
  readonly timezone: string | null;
  /** JSON. */
  readonly command: string;
  readonly cwd: string | null;
  /** JSON. */
  readonly env: string | null;
  /** JSON. */
  readonly tags: string;
  readonly job_group: string | null;
  readonly timeout_secs: number | null;
  readonly catch_up: CatchUp;
  readonly catch_up_limit: number;
  readonly overlap: Overlap;
  readonly jitter_ms: number;
  readonly expires_at: number | null;
  readonly enabled: number;
  readonly next_at: number | null;
  readonly due_at: number | null;
  readonly last_at: number | null;
  readonly last_job_id: number | null;
  readonly failures: number;
  readonly last_error: string | null;
  readonly ended: 'fired' | 'expired' | null;
  readonly ended_at: number | null;
  readonly created_at: number;
}

export interface RunRow {
  readonly id: number;
  readonly schedule_id: number;
  readonly cause: 'time' | 'manual';
  readonly scheduled_at: number;
  readonly fired_at: number;
  readonly state: 'waiting' | 'active' | 'finished' | 'skipped' | 'missed' | 'refused';
  readonly occurrences: number;
  readonly job_id: number | null;
  readonly outcome: string | null;
  readonly exit_code: number | null;
  readonly finished_at: number | null;
  readonly reason: string | null;
}

/** A run with what its job says at this moment. */
export interface Run extends Omit<RunRow, 'state' | 'outcome'> {
  /** `waiting`, `skipped`, `missed` and `refused` have no job; every other state is the job's. */
  readonly state: string;
}

/** Schedules. A method that names one throws `no_such_schedule` when it does not exist; writes resolve after their commit. */
export interface ScheduleService {
  /** Throws `bad_args`, `bad_cron` or `too_many`. Its first run is at its next time, never at once. */
  add(input: ScheduleInput & { readonly command: readonly string[] }): Promise<ScheduleRow>;
  /** Changes what is named; null clears. New times are counted from now. */
  update(id: number, input: ScheduleInput): Promise<ScheduleRow>;
  /** Throws `conflict` when an enabled schedule would have no time left. */
  setEnabled(id: number, enabled: boolean): Promise<ScheduleRow>;
  /** Whether there was one. Its jobs go on; its history goes with it. */
  remove(id: number): Promise<boolean>;
  list(enabledOnly: boolean): readonly { readonly schedule: ScheduleRow; readonly last: Run | null }[];
  /** Throws `busy` when the overlap policy forbids a run now. */
  runNow(id: number): Promise<Run>;
  /** Newest first, older than `before`. */
  history(id: number, limit: number, before: number | null): readonly Run[];
}

declare module '../../kernel/context' {
  interface Services {
    readonly schedules: ScheduleService;
  }
}
