import type { Static } from '../../kernel/schema';
import { isOver } from './model';
import { commandOf, leftoversOf, type CommonRow, type RareRow } from './row';
import type { Snapshot } from './schema';
import type { JobService } from './service';
import { rfc3339 } from './settle';

const NONE: never[] = [];
const listOf = <T>(text: string): T[] => (text === '[]' ? NONE : (JSON.parse(text) as T[]));
const time = (ms: number | null): string | null => (ms === null ? null : rfc3339(ms));

/** A stored job as a reply shows it, `rare` being the other part of its row. */
export function view(row: CommonRow, rare: RareRow, jobs: JobService, now: number): Static<typeof Snapshot> {
  const over = isOver(row.state);
  const waits = row.state === 'queued' || (row.state === 'paused' && rare.pid === null);
  // Sizes of ended jobs are stored; a queued one that was never started has no files to look at.
  const sizes = over ? { stdout: rare.stdout_bytes, stderr: rare.stderr_bytes } : rare.launch === 0 ? NOTHING : jobs.folders.sizes(row.job_id);
  const started = waits ? null : rare.started_at;
  return {
    id: row.job_id,
    state: row.state,
    command: commandOf(row),
    cwd: row.cwd,
    name: rare.name,
    tags: listOf<string>(rare.tags),
    group: row.grp,
    priority: row.priority,
    exit_code: rare.exit_code,
    signal: rare.signal,
    error: rare.error,
    pid: over || waits ? null : (rare.pid ?? jobs.pidOf(row.job_id)),
    attempt: row.attempt,
    retries: row.retries,
    after: listOf<number>(rare.after),
    env_names: rare.env === '{}' ? NONE : Object.keys(JSON.parse(rare.env) as object),
    timeout_secs: rare.timeout_ms === null ? null : rare.timeout_ms / 1000,
    keep_output_bytes: row.keep_output_bytes,
    source: row.source,
    restart_of: rare.restart_of,
    created_at: rfc3339(row.created_at),
    started_at: time(started),
    finished_at: time(rare.finished_at),
    next_at: row.state === 'queued' && rare.not_before > now ? time(rare.not_before) : null,
    // The wall clock may have been set back meanwhile.
    duration_ms: started === null ? null : Math.max(0, (rare.finished_at ?? now) - started),
    output_path: jobs.folders.file(row.job_id, 'stdout'),
    error_path: jobs.folders.file(row.job_id, 'stderr'),
    stdout_bytes: sizes.stdout,
    stderr_bytes: sizes.stderr,
    pty: row.pty === 1,
    pty_rows: rare.pty_rows,
    pty_cols: rare.pty_cols,
    leftovers: rare.leftovers === null ? NONE : leftoversOf(rare),
  };
}

const NOTHING = { stdout: 0, stderr: 0 } as const;
