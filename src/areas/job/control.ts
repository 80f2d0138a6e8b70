import { ZdError } from '../../kernel/error';
import { isAlive } from '../../kernel/process';
import type { Db } from '../../storage/db';
import { isOver, type End, type Outcome, type Signal, type Stop } from './model';
import type { JobRow } from './row';
import type { Run } from './run';
import type { Member, Session } from './session';
import type { Settlement } from './settle';
import type { Supervisor } from './supervisor';
import type { JobTable } from './table';

/** After KILL: how long a process may take to go. Longer ones hang in the kernel. */
const KILL_MS = 5000;
export const GRACE_MS = 5000;
/** How long a signal waits for the command to begin. A start takes a few milliseconds, on a busy machine seconds. */
const START_MS = 10_000;
const POLL_MS = { first: 5, longest: 100 };
/** Signals that are meant to end a job: one that ends after them was killed, and is not tried again. */
const ENDING: ReadonlySet<Signal> = new Set(['TERM', 'KILL', 'INT', 'QUIT']);

/** A job without a process: it waits, or it is held. */
export const isWaiting = (row: JobRow): boolean => row.state === 'queued' || (row.state === 'paused' && row.pid === null);

/** What a person does to a job. */
export class Control {
  constructor(
    private readonly db: Db,
    private readonly table: JobTable,
    private readonly settlement: Settlement,
    private readonly supervisor: Supervisor,
    private readonly get: (id: number) => JobRow,
    private readonly over: (id: number) => Promise<JobRow>,
  ) {}

  async kill(id: number, signal: Signal): Promise<boolean> {
    const run = this.runOf(id);
    if (!run) return false;
    // Before the signal: a zd that comes after a crash knows why the job ended.
    if (ENDING.has(signal)) await this.mark(run, 'killed');
    if (signal === 'KILL') run.killSent = true;
    else await commandStarted(run);
    const reached = run.session.signal(signal);
    if (reached && (signal === 'STOP' || signal === 'CONT')) await this.note(run, signal === 'STOP' ? 'paused' : 'running');
    return reached;
  }

  async cancel(id: number, graceMs: number): Promise<JobRow> {
    if (isOver(this.get(id).state)) return this.get(id);
    const ended = await this.db.write(() => {
      const row = this.table.get(id);
      if (!row || isOver(row.state)) return [];
      if (isWaiting(row))
        return this.settlement.settle({ id, launch: null, end: NEVER_STARTED, leftovers: [], sizes: { stdout: 0, stderr: 0 }, news: [] });
      this.table.stop(id, 'cancelled');
      return [];
    });
    this.supervisor.waiters.wake(ended);
    const run = this.supervisor.active.get(id);
    const end = (each: Run) => void this.terminate(each, graceMs);
    if (run) end(run);
    else if (!isOver(this.get(id).state)) this.supervisor.early.set(id, end);
    return this.over(id);
  }

  /** Its time is over. */
  readonly expire = (run: Run): void => {
    this.mark(run, 'timed_out').then(
      () => this.terminate(run, GRACE_MS),
      () => run.limit(1000, () => this.expire(run)),
    );
  };

  /** TERM, a grace, KILL; resolves with whoever is left. Once per run: a second call waits for the first. */
  terminate(run: Run, graceMs: number): Promise<Member[]> {
    run.stopping ??= this.endAll(run, graceMs);
    return run.stopping;
  }

  private async endAll(run: Run, graceMs: number): Promise<Member[]> {
    const { session } = run;
    await commandStarted(run);
    session.signal('TERM');
    // One that is stopped hears TERM only when it goes on.
    session.signal('CONT');
    if (await isEmptied(session, graceMs)) return [];
    run.killSent = true;
    if (await isEmptied(session, KILL_MS, 'KILL')) return [];
    const left = session.members();
    if (isAlive(run.identity)) setImmediate(() => void this.supervisor.ended(run, { kind: 'unknown', message: 'it cannot be ended', ordered: true }));
    return left;
  }

  async pause(id: number): Promise<JobRow> {
    const run = this.runOf(id);
    if (run) {
      run.session.signal('STOP');
      await this.note(run, 'paused');
    } else {
      await this.db.write(() => {
        if (this.table.get(id)?.state === 'queued') this.table.state(id, 'paused');
      });
    }
    return this.get(id);
  }

  async resume(id: number): Promise<JobRow> {
    const run = this.runOf(id);
    if (run) {
      run.session.signal('CONT');
      await this.note(run, 'running');
    } else {
      await this.db.write(() => {
        const row = this.table.get(id);
        if (row?.state === 'paused' && isWaiting(row)) this.table.state(id, 'queued');
      });
      this.supervisor.poke();
    }
    return this.get(id);
  }

  /** Bytes to the terminal; 0 when the job has not begun or is over. */
  input(id: number, bytes: Uint8Array): number {
    const terminal = this.terminalOf(id);
    return terminal && !terminal.closed ? terminal.write(bytes) : 0;
  }

  async resize(id: number, rows: number, cols: number): Promise<void> {
    const terminal = this.terminalOf(id);
    await this.db.write(() => this.table.size(id, rows, cols), 'normal');
    if (terminal && !terminal.closed) terminal.resize(cols, rows);
  }

  /** Ends the jobs on a terminal, whose other side goes with this process; what happened to them is stored. */
  async hangUp(): Promise<void> {
    const runs = [...this.supervisor.active.values()].filter((run) => run.pty);
    for (const run of runs) run.session.signal('HUP');
    const endings = runs.map(({ id, launch, capture }) => ({
      id,
      launch,
      end: HUNG_UP,
      leftovers: [],
      sizes: capture.sizes(),
      news: capture.news(true),
    }));
    if (endings.length > 0) await this.db.write(() => endings.map((ending) => this.settlement.settle(ending)));
    for (const run of runs) {
      run.session.signal('KILL');
      run.close();
    }
  }

  private terminalOf(id: number): Bun.Terminal | null {
    if (this.get(id).pty !== 1) throw new ZdError('not_pty', `Job ${id} has no terminal.`);
    return this.supervisor.active.get(id)?.terminal ?? null;
  }

  private runOf(id: number): Run | null {
    return isOver(this.get(id).state) ? null : (this.supervisor.active.get(id) ?? null);
  }

  private mark(run: Run, stop: Stop): Promise<void> {
    return this.change(run, (row) => {
      // What began first tells why: a cancelled job is not timed out afterwards.
      if (row.stop === null || row.stop === 'killed') this.table.stop(run.id, stop);
    });
  }

  private note(run: Run, state: 'paused' | 'running'): Promise<void> {
    return this.change(run, () => this.table.state(run.id, state));
  }

  private change(run: Run, apply: (row: JobRow) => void): Promise<void> {
    // A job is known to run by its pid: without it a paused one counts as held.
    this.supervisor.starts.note();
    return this.db.write(() => {
      const row = this.table.get(run.id);
      if (row && !isOver(row.state) && row.launch === run.launch && !isWaiting(row)) apply(row);
    }, 'normal');
  }
}

/** Why a job with a terminal is `interrupted`. */
export const HUNG_UP: End = { kind: 'unknown', message: 'its terminal ended with the zd that held it', ordered: false };
const NEVER_STARTED: Outcome = { state: 'cancelled', exitCode: null, signal: null, error: null };

/** Looks until nobody is there or the time is over, each time sending a signal when one is given: what forks meanwhile gets it too. */
async function isEmptied(session: Session, ms: number, signal?: Signal): Promise<boolean> {
  const end = performance.now() + ms;
  for (let wait = POLL_MS.first; ; wait = Math.min(wait * 2, POLL_MS.longest)) {
    if (signal) session.signal(signal);
    if (session.members().length === 0) return true;
    if (performance.now() >= end) return false;
    await Bun.sleep(Math.min(wait, Math.max(1, end - performance.now())));
  }
}

/** A signal that comes before the command would be lost on it. A job on a terminal has no wrapper. */
async function commandStarted({ pty, session, identity }: Run): Promise<void> {
  if (pty) return;
  for (const end = performance.now() + START_MS; performance.now() < end && isAlive(identity) && !session.hasCommand();)
    await Bun.sleep(POLL_MS.first);
}
