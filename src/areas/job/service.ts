import type { Caller } from '../../kernel/caller';
import type { Static } from '../../kernel/schema';
import type { Frame, EncodedFrames } from '../../kernel/stream';
import type { Signal, State } from './model';
import type { Channel, JobFolders } from './output';
import type { Group, JobRow } from './row';
import type { Snapshot } from './schema';

/** What a caller may say of a job. Only the command is needed. */
export interface JobRequest {
  readonly command: readonly string[];
  /** Absolute; the home folder without it. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly name?: string;
  readonly group?: string;
  /** Higher starts first. */
  readonly priority?: number;
  readonly after?: readonly number[];
  readonly timeout_secs?: number;
  readonly stdin?: Uint8Array;
  readonly pty?: boolean;
  readonly pty_rows?: number;
  readonly pty_cols?: number;
  readonly retries?: number;
  readonly backoff_secs?: number;
  readonly keep_output_bytes?: number;
  readonly idempotency_key?: string;
}

export interface Submitted {
  readonly jobId: number;
  /** The idempotency key was known: this is the job of that call. */
  readonly existing: boolean;
}

export interface GroupFigures extends Group {
  readonly slots: number;
  readonly queued: number;
  readonly running: number;
}

/** A piece of output. Offsets count from the first byte ever written. */
export interface OutputPart {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly next: number;
  readonly total: number;
  readonly dropped: number;
}

export interface OutputQuery {
  readonly channel: Channel;
  readonly offset?: number;
  readonly limit: number;
  readonly lines?: number;
}

/** Jobs: programs that run under the supervision of zd and outlive it. Throws `no_job` for a number that does not exist. */
export interface JobService {
  /** Checks and stores a job; resolves when that is committed. */
  submit(request: JobRequest, caller: Pick<Caller, 'source'>): Promise<Submitted>;
  /**
   * The same without its own write: only inside the work of a write of `zd.db`, so the job exists exactly when the rest of
   * that write does. It starts after the commit. Does not look for the program or the folder: what is missing at its start makes it `failed`.
   */
  enqueue(request: JobRequest, caller: Pick<Caller, 'source'>): Submitted;
  get(id: number): JobRow;
  /** As replies show them, newest first. */
  list(query: { state?: State; tag?: string; group?: string; before?: number; limit: number }, now: number): Static<typeof Snapshot>[];
  /** The row of a job once it is over; the present row when the time ran out or the signal aborted first. */
  wait(id: number, timeoutMs: number | undefined, signal?: AbortSignal): Promise<JobRow>;
  output(id: number, query: OutputQuery): OutputPart;
  /** The leader of its session, known from the moment it runs; the row has it a moment later. */
  pidOf(id: number): number | null;
  /** Where the files are. */
  readonly folders: JobFolders;
  follow(
    id: number,
    from: Readonly<Record<Channel, number | 'end'>>,
    channels: readonly Channel[],
    signal: AbortSignal,
  ): AsyncGenerator<Frame | EncodedFrames>;
  /** Sends a signal to everything the job is; false when it is over or has not begun. */
  kill(id: number, signal: Signal): Promise<boolean>;
  /** TERM, a grace, KILL; resolves when nothing of it is left or what is left is known. */
  cancel(id: number, graceMs: number): Promise<JobRow>;
  pause(id: number): Promise<JobRow>;
  resume(id: number): Promise<JobRow>;
  restart(id: number, graceMs: number, caller: Pick<Caller, 'source'>): Promise<Submitted>;
  input(id: number, bytes: Uint8Array): number;
  resize(id: number, rows: number, cols: number): Promise<void>;
  remove(id: number): Promise<void>;
  clean(query: { olderThanMs: number; state?: State; tag?: string; group?: string }): Promise<number[]>;
  setGroup(name: string, change: { parallel?: number | null; paused?: boolean }): Promise<GroupFigures>;
  groups(): GroupFigures[];
}

declare module '../../kernel/context' {
  interface Services {
    readonly jobs: JobService;
  }
}
