import type { DrainOptions } from './drain_options';
import { failpoint } from '../../kernel/failpoint';
import { Lanes } from './lanes';
import type { Link } from './link';
import type { OutboxRow } from './outbox_row';
import { classify, MAX_ATTEMPTS, parkMs, retryMs } from './refusal';
import { Throttle } from './throttle';
import { Underway } from './underway';
import type { BrokerFrameOf } from './wire/frames_broker';

const BATCH = 64;
/** Messages that go out with their acceptance, while others of them are under way: more than a few are a queue. */
const AT_ONCE = 16;
/** After a pass that failed; and the bounds of a rest, as the wall clock may jump. */
const RETRY_MS = 2000;
const LEAST_REST_MS = 20;
const LONGEST_REST_MS = 30_000;

/**
 * Sends what waits in the outbox of one mesh, and what becomes of it is stored. Nothing in it waits without a bound, and no other mesh waits for
 * it. What the broker answers counts only for a message that is under way over the very link it came by.
 */
export class Drain {
  /** Those whose answer does not come in time are sent again later. */
  private readonly underway = new Underway(
    (row) => void this.later(row, this.options.clock.now() + retryMs(row.attempts + 1, Math.random()), 'ack_timeout', false),
  );
  private timer: Timer | undefined;
  private running = false;
  private again = false;
  /** The newest batch found no room: answers make some. */
  private crowded = false;
  private stopped = true;
  /** When the timer that is set ends; never, when none is. */
  private restsUntil = Infinity;
  private readonly throttle = new Throttle();
  /** Keys of messages that are claimed and go out when that is committed. */
  private readonly promised = new Set<string>();
  readonly lanes: Lanes;

  constructor(private readonly options: DrainOptions) {
    this.lanes = new Lanes(options.clock);
  }

  get inflight(): number {
    return this.underway.size;
  }

  start(): void {
    this.stopped = false;
    this.lanes.load(this.options.store.held(this.options.mesh, this.options.clock.now()));
    this.wake();
  }

  /** What is under way goes back to its place. Resolves when that is stored. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.broken(null, 'stopped');
  }

  /** There may be something to send. */
  readonly wake = (): void => {
    // With a closed link there is nothing to do: its opening wakes us. In a pause nothing is, when the rest ends with it.
    if (this.stopped || this.options.link().state !== 'open') return;
    if (this.throttle.paused && this.restsUntil <= this.throttle.pausedUntil + LEAST_REST_MS) return;
    this.again = true;
    if (!this.running) void this.pass();
  };

  private readonly rested = (): void => {
    this.restsUntil = Infinity;
    this.wake();
  };

  private async pass(): Promise<void> {
    let failed = false;
    this.running = true;
    try {
      do {
        this.again = false;
        while ((await this.batch()) && !this.yields());
      } while (this.again && !this.stopped);
    } catch (error) {
      failed = true;
      if (!this.stopped) this.options.log.warn('mesh: the outbox could not be drained', { mesh: this.options.mesh, error });
    }
    this.running = false;
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.restsUntil = Infinity;
    if (this.again && !failed) return this.wake();
    // With a closed link or a full window there is nothing to wait for here: its opening, and every answer, wake us.
    const due = failed ? null : this.options.store.nextDue(this.options.mesh);
    const rest = due === null ? LONGEST_REST_MS : Math.min(LONGEST_REST_MS, due - this.options.clock.now());
    const now = performance.now();
    const ms = Math.max(rest, this.throttle.pausedUntil - now, failed || due === null ? RETRY_MS : LEAST_REST_MS);
    this.restsUntil = now + ms;
    this.timer = setTimeout(this.rested, ms);
  }

  /** In a flood accepting goes first: what is handed over is bounded until it is over, and nothing of it is lost meanwhile. */
  private yields(): boolean {
    const pace = this.options.pace();
    if (!pace) return false;
    this.throttle.rest(pace.restMs);
    return true;
  }

  /** True when there may be more to send at once. */
  private async batch(): Promise<boolean> {
    const { db, store, mesh, clock, link } = this.options;
    const room = Math.min(this.options.pace()?.batch ?? BATCH, this.throttle.room(this.underway.size));
    this.crowded = room <= 0;
    if (this.stopped || room <= 0 || link().state !== 'open' || this.throttle.paused) return false;
    const now = clock.now();
    const due = store.nextDue(mesh);
    if (due === null || due > now) return false;
    // A claim that a crash of the machine takes back is only a message that is sent twice, and known by its key.
    const rows = await db.write(() => store.claim(mesh, now, now + this.options.ackMs() * 2, room), 'normal');
    for (const row of rows) {
      failpoint('mesh.after_claim');
      await this.send(row);
    }
    return rows.length === room;
  }

  /**
   * Called inside the write that accepts a message: until when it is claimed with it, when it may go out as soon as that is committed; null when it
   * has to queue. It overtakes nobody: nothing of the mesh is due or being handed over, and its recipient is not waited for.
   */
  join(clientMessageId: string, now: number): number | null {
    const { store, mesh, link, pace, ackMs } = this.options;
    if (this.stopped || this.running || link().state !== 'open' || !this.throttle.open) return null;
    if (this.underway.size + this.promised.size >= AT_ONCE || pace()) return null;
    if ((store.nextDue(mesh) ?? Infinity) <= now) return null;
    this.promised.add(clientMessageId);
    return now + ackMs() * 2;
  }

  /** What joined is committed (null when it was known, or could not be stored). */
  joined(clientMessageId: string, row: OutboxRow | null): void {
    if (!this.promised.delete(clientMessageId) || !row) return;
    failpoint('mesh.after_claim');
    // At the end of the daemon nothing can be stored any more: the next start finds the claim.
    this.send(row).catch(this.unstored(row));
  }

  private async send(row: OutboxRow): Promise<void> {
    const { db, store, clock, sealer, route, ackMs } = this.options;
    const way = route(row);
    if (this.stopped || !way || way.link.state !== 'open') {
      const rest = clock.now() + Math.ceil(retryMs(row.attempts + 1, Math.random()));
      // A session that is away holds up nobody else's messages for the same recipient.
      if (!this.stopped && way === null) await db.write(() => store.retry(row, rest, 'session_ws_not_open', false, false), 'normal');
      else await db.write(() => store.release(row, this.stopped ? 'stopped' : 'broker_not_open'), 'normal');
      return;
    }
    let frame: object;
    try {
      frame = sealer().frame(row, way.keys, way.link.features.signed);
    } catch (error) {
      return this.kill(row, `unsendable: ${(error as Error).message}`);
    }
    this.underway.add(row, way.link, ackMs());
    way.link.send(frame);
    failpoint('mesh.after_send');
  }

  /** An ack, over one link. Whatever it says of anything that is not under way there is counted and has no effect. */
  async ack(link: Link, ack: BrokerFrameOf<'ack'>): Promise<void> {
    const { store, db, clock, counters, keepBodies } = this.options;
    const id = ack.id ?? ack.client_message_id ?? '';
    const row = this.underway.take(id, link);
    if (!row) {
      counters.strayAcks++;
      return;
    }
    counters.acks++;
    failpoint('mesh.before_done');
    const error = ack.error || (ack.queued === false ? 'refused without a reason' : null);
    if (error !== null) return this.refused(row, error, ack);
    this.throttle.taken();
    const broker = { messageId: ack.messageId || null, historyId: ack.history_id ?? null };
    const stored = await db.write(() => store.done(row, clock.now(), broker, keepBodies()), 'normal').catch(this.unstored(row));
    failpoint('mesh.after_done');
    if (stored) this.options.ended(row);
    if (this.crowded) this.wake();
  }

  private async refused(row: OutboxRow, text: string, ack: BrokerFrameOf<'ack'>): Promise<void> {
    const reason = text.replaceAll(/\p{Cc}/gu, ' ').slice(0, 500);
    const refusal = ack.conflict ? ({ kind: 'permanent' } as const) : classify(text, ack.retry_after_ms ?? undefined);
    const attempts = row.attempts + 1;
    const now = this.options.clock.now();
    switch (refusal.kind) {
      case 'permanent':
        return this.kill(row, reason);
      case 'pause': {
        const rest = refusal.ms * (1 + Math.random() / 4);
        this.throttle.slow(rest);
        return this.later(row, now + rest, reason, true);
      }
      case 'rest':
        return this.later(row, now + refusal.ms * (1 + Math.random() / 4), reason, true);
      case 'park':
        return this.later(row, now + parkMs(Math.random()), reason, true);
      case 'retry':
        if (attempts >= MAX_ATTEMPTS) return this.kill(row, `max_attempts: ${reason}`);
        return this.later(row, now + retryMs(attempts, Math.random()), reason, false);
    }
  }

  private async later(row: OutboxRow, at: number, reason: string, refund: boolean): Promise<void> {
    const { db, store } = this.options;
    const { until, fresh } = this.lanes.hold(row.target_spec, Math.ceil(at));
    await db.write(() => store.retry(row, until, reason, refund, fresh), 'normal').catch(this.unstored(row));
    // For the new time of its next attempt; the rest that was planned may be longer.
    this.wake();
  }

  private async kill(row: OutboxRow, reason: string): Promise<void> {
    const { db, store } = this.options;
    if (await db.write(() => store.dead(row, reason)).catch(this.unstored(row))) this.options.ended(row);
    this.wake();
  }

  /** A link broke: what was under way over it (over any for null) goes back to its place, and is sent first over the next one. */
  async broken(link: Link | null, reason: string): Promise<void> {
    const { db, store } = this.options;
    const rows = this.underway.takeAll(link);
    if (rows.length === 0) return;
    await db.write(() => rows.forEach((row) => store.release(row, reason)), 'normal').catch(() => {});
    // The next link may have opened before this was stored.
    this.wake();
  }

  /** A full disk: the row stays in flight, and its lease brings it back. */
  private readonly unstored = (row: OutboxRow) => (error: unknown) => {
    this.options.log.warn('mesh: what became of a message could not be stored; it is sent again', { mesh: row.mesh, id: row.id, error });
    return false;
  };

  /** Whether a row is under way here, or its lease is all that holds it. */
  holds(clientMessageId: string): boolean {
    return this.underway.has(clientMessageId);
  }
}
