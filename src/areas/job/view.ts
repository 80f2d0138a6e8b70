import type { Static } from '../../kernel/schema';
import { isOver } from './model';
import { commandOf, leftoversOf, type ListedRow } from './row';
import type { Snapshot } from './schema';
import type { JobService } from './service';
import { rfc3339 } from './settle';

const listOf = <T>(text: string | null): T[] => (text === null ? [] : (JSON.parse(text) as T[]));
const time = (ms: number | null): string | null => (ms === null ? null : rfc3339(ms));

/** A stored job as a reply shows it. */
export function view(row: ListedRow, jobs: JobService, now: number): Static<typeof Snapshot> {
  const over = isOver(row.state);
  const waits = row.state === 'queued' || (row.state === 'paused' && row.pid === null);
  // Sizes of ended jobs are stored; a queued one that was never started has no files to look at.
  const sizes = over ? { stdout: row.stdout_bytes, stderr: row.stderr_bytes } : row.launch === 0 ? NOTHING : jobs.folders.sizes(row.job_id);
  const started = waits ? null : row.started_at;
  return {
    id: row.job_id,
    state: row.state,
    command: commandOf(row),
    cwd: row.cwd,
    name: row.name,
    tags: listOf<string>(row.tags),
    group: row.grp,
    priority: row.priority,
    exit_code: row.exit_code,
    signal: row.signal,
    error: row.error,
    pid: over || waits ? null : (row.pid ?? jobs.pidOf(row.job_id)),
    attempt: row.attempt,
    retries: row.retries,
    after: listOf<number>(row.after),
    env_names: row.env === null ? [] : Object.keys(JSON.parse(row.env) as object),
    timeout_secs: row.timeout_ms === null ? null : row.timeout_ms / 1000,
    keep_output_bytes: row.keep_output_bytes,
    source: row.source,
    restart_of: row.restart_of,
    created_at: rfc3339(row.created_at),
    started_at: time(started),
    finished_at: time(row.finished_at),
    next_at: row.state === 'queued' && row.not_before > now ? time(row.not_before) : null,
    // The wall clock may have been set back meanwhile.
    duration_ms: started === null ? null : Math.max(0, (row.finished_at ?? now) - started),
    output_path: jobs.folders.file(row.job_id, 'stdout'),
    error_path: jobs.folders.file(row.job_id, 'stderr'),
    stdout_bytes: sizes.stdout,
    stderr_bytes: sizes.stderr,
    pty: row.pty === 1,
    pty_rows: row.pty_rows,
    pty_cols: row.pty_cols,
    leftovers: leftoversOf(row),
  };
}

const NOTHING = { stdout: 0, stderr: 0 } as const;
