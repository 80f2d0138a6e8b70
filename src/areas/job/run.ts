import { closeSync, openSync, writeSync } from 'node:fs';
import { isAlive, type ProcessIdentity } from '../../kernel/process';
import { Capture } from './capture';
import type { End } from './model';
import type { JobFolders } from './output';
import type { JobRow } from './row';
import { Session, type Member } from './session';
import { readStatus } from './wrapper';

const SIGKILL = 9;
/** Longest time a timer takes (2^31 - 1 ms); longer ones are set again. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** One start of a job, from its process to its end. */
export class Run {
  readonly id: number;
  readonly launch: number;
  readonly group: string;
  readonly pty: boolean;
  readonly capture: Capture;
  readonly session: Session;
  readonly done = Promise.withResolvers<void>();
  /** Set while zd ends it: resolves with whoever could not be ended. */
  stopping: Promise<Member[]> | null = null;
  /** zd has sent KILL: a wrapper that is gone without a status went by that. */
  killSent = false;
  terminal: Bun.Terminal | null = null;
  private terminalFile: number | null = null;
  private over = false;
  private timer: Timer | undefined;

  constructor(
    row: JobRow,
    readonly identity: ProcessIdentity,
    private readonly folders: JobFolders,
    told: { stdout: number; stderr: number },
  ) {
    this.id = row.job_id;
    this.launch = row.launch;
    this.group = row.grp;
    this.pty = row.pty === 1;
    this.session = new Session(identity, folders.path(row.job_id));
    this.capture = new Capture(folders, row.job_id, row.source, row.keep_output_bytes, {
      told,
      dropped: { stdout: row.stdout_dropped, stderr: row.stderr_dropped },
    });
  }

  /** Calls once the time is over, by a clock that does not jump. */
  limit(ms: number, over: () => void): void {
    const step = Math.min(Math.max(0, ms), LONGEST_TIMER_MS);
    this.timer = setTimeout(() => (ms > step ? this.limit(ms - step, over) : over()), step);
  }

  /** What a terminal shows, into the file of a job that has one. */
  write(bytes: Uint8Array): void {
    if (this.over) return;
    try {
      this.terminalFile ??= openSync(this.folders.file(this.id, 'stdout'), 'a', 0o600);
      for (let at = 0; at < bytes.length;) at += writeSync(this.terminalFile, bytes, at);
    } catch {
      // A full disk costs the job its output, as it would without a terminal, and not zd its life.
    }
  }

  close(): void {
    this.over = true;
    clearTimeout(this.timer);
    this.terminal?.close();
    if (this.terminalFile !== null) closeSync(this.terminalFile);
    this.terminalFile = null;
    this.done.resolve();
  }

  /** How a process that is not our child has ended; null while it has not. */
  observe(ordered: () => boolean): End | null {
    const folder = this.folders.path(this.id);
    const status = readStatus(folder, this.launch);
    if (status) return status;
    if (isAlive(this.identity)) return null;
    // It may have written and ended between the two looks.
    const last = readStatus(folder, this.launch);
    if (last) return last;
    return this.killSent
      ? { kind: 'signal', signal: SIGKILL }
      : { kind: 'unknown', message: 'it ended while no zd was there to see how', ordered: ordered() };
  }
}
