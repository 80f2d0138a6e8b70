import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import type { Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import { environmentOf } from './environment';
import type { GroupTable } from './group_table';
import { isOver, succeeded } from './model';
import { boot } from '../../kernel/process';
import { findProgram, folderFault } from '../../kernel/program';
import type { Draft, Group, JobRow } from './row';
import type { JobRequest, Submitted } from './service';
import type { JobTable } from './table';

export interface IntakeLimits {
  readonly keepOutputBytes: number;
  readonly maxQueued: number;
}

const MAX_GROUPS = 1000;

export interface Inserted extends Submitted {
  /** The job, when it was stored as one that starts now. */
  readonly started: JobRow | null;
}

/** From what a caller asked for to a stored job. */
export class Intake {
  /** Never too low; counted anew by `recount`. */
  private queued: number;
  private known = new Map<string, Group>();
  private strangers = false;

  constructor(
    private readonly table: JobTable,
    private readonly groupTable: GroupTable,
    private readonly events: EventService,
    private readonly clock: Clock,
    private readonly limits: () => IntakeLimits,
  ) {
    this.queued = groupTable.queued();
    this.reload();
  }

  get groups(): ReadonlyMap<string, Group> {
    return this.known;
  }

  recount(): void {
    this.queued = this.groupTable.queued();
  }

  /** After a commit: a group that was named for the first time exists now. */
  refresh(): void {
    if (this.strangers) this.reload();
    this.strangers = false;
  }

  reload(): void {
    this.known = new Map(this.groupTable.groups().map((group) => [group.name, group]));
  }

  /** The request with every default filled in. Throws `bad_args`. */
  draft(request: JobRequest, source: string): Draft {
    const cwd = request.cwd ?? homedir();
    if (!isAbsolute(cwd)) throw new ZdError('bad_args', '/cwd: must be an absolute path', { path: '/cwd' });
    return {
      command: request.command,
      cwd,
      env: request.env ?? {},
      tags: [...new Set(request.tags)],
      name: request.name ?? null,
      group: request.group ?? 'default',
      priority: request.priority ?? 0,
      after: [...new Set(request.after)],
      timeoutMs: request.timeout_secs === undefined ? null : Math.round(request.timeout_secs * 1000),
      stdin: request.stdin ?? null,
      pty: request.pty ?? false,
      rows: request.pty_rows ?? 24,
      cols: request.pty_cols ?? 80,
      retries: request.retries ?? 0,
      backoffMs: Math.round((request.backoff_secs ?? 1) * 1000),
      keepOutputBytes: request.keep_output_bytes ?? this.limits().keepOutputBytes,
      idempotencyKey: request.idempotency_key ?? null,
      source,
      restartOf: null,
    };
  }

  /** Refuses what could not start now; the path of the program. A job that waits for others may wait for what makes it: null. */
  check(draft: Draft): string | null {
    if (draft.after.length > 0) return null;
    const fault = folderFault(draft.cwd);
    if (fault !== null) throw new ZdError('submit_failed', `The job cannot start: ${fault}.`, { path: '/cwd' });
    const { PATH } = environmentOf(draft.env, { id: 0, folder: '', pty: draft.pty });
    const program = findProgram(draft.command[0]!, draft.cwd, PATH!);
    if (program === null)
      throw new ZdError('submit_failed', `There is no program "${draft.command[0]!.slice(0, 200)}" that can be run.`, {
        path: '/command/0',
        hint: 'Give an absolute path, or a PATH in env.',
      });
    return program;
  }

  /** Only inside a write. `free`: its group has a place for it, which it takes unless another job is before it. */
  insert(draft: Draft, free: boolean): Inserted {
    const key = draft.idempotencyKey;
    const digest = key === null ? null : digestOf(draft);
    if (key !== null) {
      const before = this.table.withKey(key);
      if (before && before.digest === digest) return { jobId: before.job_id, existing: true, started: null };
      if (before)
        throw new ZdError('conflict', `The idempotency key belongs to job ${before.job_id}, which is another job.`, { path: '/idempotency_key' });
    }
    const { maxQueued } = this.limits();
    // Jobs that began or ended meanwhile are not subtracted one by one.
    if (this.queued >= maxQueued) this.recount();
    if (this.queued >= maxQueued) throw new ZdError('too_many', `${maxQueued} jobs are queued already.`, { extra: { limit: maxQueued } });
    if (!this.known.has(draft.group)) {
      if (this.known.size >= MAX_GROUPS) throw new ZdError('too_many', `There are ${MAX_GROUPS} groups already.`, { extra: { limit: MAX_GROUPS } });
      if (!this.groupTable.groups().some((group) => group.name === draft.group))
        this.groupTable.store({ name: draft.group, parallel: null, paused: false });
      this.strangers = true;
    }
    const { waiting, failed } = this.dependencies(draft);
    const reason = failed === null ? null : `job ${failed}, which it waits for, did not succeed`;
    const now = this.clock.now();
    const starts = free && reason === null && waiting.length === 0 && this.table.ready(draft.group, now, 1).length === 0;
    const jobId = this.table.insert(draft, digest, reason === null ? waiting : [], reason, now, starts ? boot() : null);
    if (starts) return { jobId, existing: false, started: this.table.get(jobId) };
    if (reason === null) this.queued++;
    else
      this.events.append({
        kind: 'job',
        scope: `job:${jobId}`,
        topic: 'complete',
        source: draft.source,
        data: { state: 'skipped', exit_code: null },
      });
    return { jobId, existing: false, started: null };
  }

  /** Every dependency is a job that exists already, so there are no cycles. */
  private dependencies(draft: Draft): { waiting: number[]; failed: number | null } {
    const waiting: number[] = [];
    let failed: number | null = null;
    for (const [at, id] of draft.after.entries()) {
      const row = this.table.get(id);
      if (!row) throw new ZdError('no_job', `There is no job ${id} to wait for.`, { path: `/after/${at}` });
      if (!isOver(row.state)) waiting.push(id);
      else if (!succeeded({ state: row.state, exitCode: row.exit_code })) failed ??= id;
    }
    return { waiting, failed };
  }
}

function digestOf({ source: _, stdin, ...rest }: Draft): string {
  const hasher = new Bun.CryptoHasher('sha256').update(JSON.stringify(rest));
  return (stdin ? hasher.update(stdin) : hasher).digest('hex');
}
