import { ZdError } from '../../kernel/error';
import { Approvals } from './approvals';
import type { SessionDeps } from './deps';
import { AgentFault, type Driver } from './driver';
import { driverHost } from './driver_host';
import { Journal } from './journal';
import { observation, observe } from './observe';
import type { SessionRef, SessionRow } from './row';
import type { Prompted, TurnTrigger } from './service';
import { beginTurn, dropQueue, endTurn, interrupt, type Beginning, type Ended } from './turn_store';
import { following, tellCap } from './queue';
import { Inlet } from './inlet';
import { endOf } from './fault';
import { turnId } from './event';
import { modelOf } from './view';
import { newTurn, type Turn } from './turn';
import { watchTurn } from './watchdog';

/** How long an agent may take to end when nobody waits for it. */
const CLOSE_MS = 2000;
/** A turn whose agent is gone has ended by then. */
const ENDED_MS = 1000;

/** One session at work: at most one turn at a time, which nobody needs to watch. */
export class Host {
  readonly approvals: Approvals;
  readonly inlet: Inlet;
  journal: Journal;
  driver: Driver | null = null;
  turn: Turn | null = null;
  /** A turn is under way, begins or ends: the next one has to wait. */
  private busy = false;
  private parked: Timer | undefined;
  closing = false;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly deps: SessionDeps,
    readonly ref: SessionRef,
    /** It has nothing in memory any more. */
    private readonly released: (host: Host) => void,
  ) {
    this.approvals = new Approvals(deps, ref, this.changed);
    this.inlet = new Inlet(deps, this);
    this.journal = this.newJournal();
  }

  get isBusy(): boolean {
    return this.busy;
  }

  get pid(): number | null {
    return this.driver?.pid ?? null;
  }

  private newJournal(): Journal {
    return new Journal(this.deps.db, this.deps.journal, this.ref, (error) => {
      this.deps.log.error('session: what the agent said could not be stored', { session: this.ref.session_id, error });
      this.turn?.abort.abort();
    });
  }

  /** Calls whenever a turn ends or begins to wait for an answer, or stops to; the result takes it back. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private readonly changed = (): void => {
    for (const listener of this.listeners) listener();
  };

  /** Throws `no_such_session`, `conflict` for one that is closed. */
  row(): SessionRow {
    const row = this.deps.table.get(this.ref.session_id);
    if (row.closed_at !== null || this.closing) throw new ZdError('conflict', `The session "${row.session_id}" is closed.`);
    return row;
  }

  /** Begins a turn, which goes on without anybody: resolves when its first event is stored. */
  async begin(beginning: Beginning): Promise<Prompted> {
    if (this.busy) throw new ZdError('busy');
    this.busy = true;
    clearTimeout(this.parked);
    try {
      const stored = await this.deps.db.write(() => beginTurn(this.deps, this.ref, beginning), 'normal');
      this.work(this.started(stored.turn, stored.seq, beginning.trigger), beginning.content);
      return { disposition: 'started', turn: stored.turn, seq: stored.seq, queueId: null };
    } catch (error) {
      this.rest();
      throw error;
    }
  }

  private started(number: number, seq: number, trigger: TurnTrigger): Turn {
    this.turn = newTurn(number, trigger, seq, this.deps.clock.now(), this.deps.clock.monotonic());
    if (this.journal.fault !== null) this.journal = this.newJournal();
    return this.turn;
  }

  private work(turn: Turn, text: string): void {
    const watch = watchTurn(this.deps, turn, () => this.approvals.pending > 0 || this.driver?.starting === true);
    void this.run(turn, text)
      .catch((error: unknown) => this.faulted(turn, error))
      .then((end) => {
        clearInterval(watch);
        return this.finish(turn, end);
      })
      .catch((error: unknown) => this.deps.log.error('session: a turn could not be ended', { session: this.ref.session_id, error }));
  }

  private async run(turn: Turn, text: string): Promise<Ended> {
    const row = this.row();
    const spec = this.deps.agents().find(({ name }) => name === row.agent);
    if (!spec) throw new AgentFault('start_failed', `There is no agent "${row.agent}" in the configuration any more.`);
    if (!this.driver) this.deps.starts.admit(spec);
    const driver = (this.driver ??= this.deps.makeDriver(spec, driverHost(this.deps, this)));
    observe(
      this.deps.events,
      this.deps.log,
      observation('llm_request', { model_provider: row.agent, model: modelOf(row, spec), turn_id: turnId(row.session_id, turn.number) }),
    );
    const { stopReason } = await driver.run(text, turn.abort.signal).finally(() => {
      if (!driver.starting) this.deps.starts.worked(spec);
      else if (!turn.abort.signal.aborted) this.deps.starts.failed(spec);
    });
    if (turn.abort.signal.reason instanceof AgentFault) throw turn.abort.signal.reason;
    return { type: 'done', stopReason: turn.abort.signal.aborted ? 'cancelled' : stopReason };
  }

  /** The agent cannot be relied on after a fault, so the next turn starts it anew. */
  private async faulted(turn: Turn, error: unknown): Promise<Ended> {
    const { driver } = this;
    this.driver = null;
    await driver?.close(0).catch(() => {});
    return endOf(error, turn, this.journal.fault, this.deps.log);
  }

  private async finish(turn: Turn, ended: Ended): Promise<void> {
    const { db, clock, events, log } = this.deps;
    try {
      await this.approvals.cancelAll();
      await this.journal.flush();
      const end = this.journal.fault === null ? ended : endOf(null, turn, this.journal.fault, log);
      // It remembers what the summary is to stand for.
      if (turn.trigger === 'compaction') await this.dismiss(CLOSE_MS);
      const next = await db.write(() => {
        const queued = end.type === 'error' || this.closing ? null : following(this.deps, this.ref);
        const first = endTurn(this.deps, this.ref, turn, end, clock.monotonic() - turn.began);
        if (!queued && first) tellCap(this.deps, this.ref);
        return first && queued ? { ...queued, ...beginTurn(this.deps, this.ref, queued) } : null;
      }, 'normal');
      if (end.type === 'error')
        observe(events, log, observation('error', { component: `agent:${this.deps.table.at(this.ref.key)?.agent}`, message: end.reason }));
      this.turn = null;
      if (next) this.work(this.started(next.turn, next.seq, next.trigger), next.content);
      else this.rest();
    } catch (error) {
      // Its row stays, and whatever comes next ends it: the next turn, or the next start.
      this.turn = null;
      this.rest();
      throw error;
    } finally {
      turn.ended.resolve();
      this.changed();
    }
  }

  /** Nothing to do: the agent is kept for a while. */
  private rest(): void {
    this.busy = false;
    if (this.closing) return;
    if (!this.driver) return this.released(this);
    this.parked = setTimeout(() => void this.park(), Math.min(this.deps.limits().parkMs, 0x7fff_ffff)).unref();
  }

  private async park(): Promise<void> {
    if (this.busy) return;
    const { driver } = this;
    this.driver = null;
    await driver?.close(CLOSE_MS).catch(() => {});
    if (!this.busy) this.released(this);
  }

  /** Ends the turn and what is queued; resolves when it has ended. */
  async cancel(): Promise<{ turn: number | null; dequeued: number }> {
    const dequeued = await this.deps.db.write(() => dropQueue(this.deps, this.ref, 'cancelled'), 'normal');
    // A turn that was beginning has begun by now: its write came before.
    const { turn } = this;
    if (!turn) return this.retire({ turn: null, dequeued });
    turn.abort.abort();
    await this.approvals.cancelAll();
    await turn.ended.promise;
    return { turn: turn.number, dequeued };
  }

  /** Something else than a turn: no turn begins meanwhile. Throws `busy`. */
  async idle(run: () => Promise<void>): Promise<void> {
    if (this.busy) throw new ZdError('busy', 'A turn is under way: cancel it first or wait.');
    this.busy = true;
    try {
      await run();
    } finally {
      this.rest();
      void this.inlet.next();
    }
  }

  /** Forgets it when there is nothing in memory that a later call could need. */
  retire<T>(result: T): T {
    if (!this.busy && !this.driver) this.released(this);
    return result;
  }

  /** Cancels, and ends the agent. */
  async close(): Promise<void> {
    this.closing = true;
    await this.cancel();
    await this.dismiss(CLOSE_MS);
    this.released(this);
  }

  /** zd stops: what was said is stored, and that the turn ends here. */
  async save(): Promise<void> {
    this.closing = true;
    const { turn } = this;
    await this.journal.flush();
    if (turn) await this.deps.db.write(() => interrupt(this.deps, this.ref, turn.number, 'zd was stopped during this turn.'), 'normal');
  }

  /** The agent is asked to end. */
  async farewell(graceMs: number): Promise<void> {
    const { turn } = this;
    turn?.abort.abort();
    await this.dismiss(graceMs);
    await Promise.race([turn?.ended.promise, Bun.sleep(ENDED_MS)]);
  }

  /** The next turn starts the agent anew, with a new conversation if the row says so. */
  async dismiss(graceMs: number): Promise<void> {
    clearTimeout(this.parked);
    const { driver } = this;
    this.driver = null;
    await driver?.close(graceMs).catch(() => {});
  }
}
