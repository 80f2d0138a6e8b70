import type { Clock } from '../../kernel/clock';
import type { EventDraft, EventRecord, EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import { failpoint } from '../../kernel/failpoint';
import type { Logger } from '../../kernel/log';
import { periodic } from '../../kernel/periodic';
import type { EncodedFrames, Frame } from '../../kernel/stream';
import type { Db } from '../../storage/db';
import type { Filter } from './filter';
import { Follower } from './follower';
import { Hub, type Outgoing, type QueueLimits } from './hub';
import type { EventFigures } from './service';
import { EventTable, type Retention } from './table';

/** Read anew at each use, so a changed setting holds at once. */
export interface EventLimits extends QueueLimits, Retention {}

const TRIM_EVERY_MS = 1000;
/** How long `stop` waits for streams to take their last frame. */
const FAREWELL_MS = 1000;
/** Clients come back spread over this time after a stop, not all in one instant. */
const RETRY_MS = { least: 500, most: 2500 };

/** The one log of everything that happens: stored first, heard right after, never the other way round. */
export class EventLog implements EventService {
  /** Retention, to be supervised. */
  readonly part = periodic('event_retention', TRIM_EVERY_MS, () => this.trim());
  private readonly table: EventTable;
  private readonly hub: Hub;
  private readonly followers = new Set<Follower>();
  /** Events appended since the last commit. A rolled-back write leaves its events here until the numbers are given again. */
  private staged: Outgoing[] = [];
  private committed: number;
  private published = 0;
  private trimming = false;
  private stopping: PromiseWithResolvers<void> | null = null;

  constructor(
    private readonly db: Db,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly limits: () => EventLimits,
  ) {
    this.table = new EventTable(db);
    this.hub = new Hub(limits);
    this.committed = this.table.newest()?.seq ?? 0;
    db.onCommit(this.deliver);
  }

  async publish(draft: EventDraft): Promise<{ event: EventRecord; delivered: number }> {
    const data = JSON.stringify(draft.data ?? null);
    const ts = this.clock.now();
    const { event, delivered } = await this.db.write(() => this.stage(draft, data, ts), 'normal');
    return { event, delivered };
  }

  /** Adds an event to the write that is under way, so it is stored exactly when the fact it tells of is. Only inside a write's work. */
  append(draft: EventDraft): EventRecord {
    return this.stage(draft, JSON.stringify(draft.data ?? null), this.clock.now()).event;
  }

  private stage(draft: EventDraft, data: string, ts: number): Outgoing {
    const outgoing = { event: this.table.append(draft, data, ts), delivered: 0 };
    // Numbers start over after a rollback: whatever stands at or behind this one was never committed.
    this.staged.length = outgoing.event.seq - this.committed - 1;
    this.staged.push(outgoing);
    return outgoing;
  }

  private readonly deliver = (): void => {
    if (this.staged.length === 0) return;
    const newest = this.table.newest()?.seq ?? 0;
    const items = this.staged.slice(0, newest - this.committed);
    this.staged = [];
    this.committed = newest;
    this.published += items.length;
    if (items.length > 0) this.hub.deliver(items);
  };

  follow(filter: Filter, since: string | null, signal: AbortSignal): AsyncGenerator<Frame | EncodedFrames> {
    if (this.stopping) throw new ZdError('shutting_down');
    const follower = new Follower(this.table, this.hub, filter, since, signal, this.released);
    if (!signal.aborted) this.followers.add(follower);
    return follower.frames();
  }

  private readonly released = (follower: Follower): void => {
    this.followers.delete(follower);
    if (this.followers.size === 0) this.stopping?.resolve();
  };

  /** Open streams. */
  subscriptions(): number {
    return this.followers.size;
  }

  figures(): EventFigures {
    const [oldest, newest] = [this.table.oldest(), this.table.newest()];
    const edge = (row: { seq: number; ts: number } | null) => row && { seq: row.seq, id: this.table.epochs.id(row.seq), ts: row.ts };
    return {
      count: oldest && newest ? newest.seq - oldest.seq + 1 : 0,
      bytes: oldest && newest ? newest.log_bytes - oldest.log_bytes + oldest.bytes : 0,
      oldest: edge(oldest),
      newest: edge(newest),
      streams: this.followers.size,
      filters: this.hub.size,
      published: this.published,
      ...this.hub.counters,
    };
  }

  /** Applies retention in pieces, one per turn of the event loop, until nothing is over the limits. */
  async trim(): Promise<void> {
    if (this.trimming || this.stopping) return;
    this.trimming = true;
    try {
      failpoint('event.trim');
      while (!this.stopping && (await this.db.write(() => this.table.trim(this.limits(), this.clock.now()), 'normal')));
      if (!this.stopping) await this.table.pruneEpochs();
    } catch (error) {
      if (this.stopping) return;
      this.log.debug('events: retention ended early', { error });
      throw error;
    } finally {
      this.trimming = false;
    }
  }

  /** Ends every stream with a `shutdown` frame; resolves when they have ended, after a second at the latest. */
  async stop(reason = 'stopping'): Promise<void> {
    if (this.stopping) return this.stopping.promise;
    this.stopping = Promise.withResolvers();
    if (this.followers.size === 0) return this.stopping.resolve();
    for (const follower of this.followers)
      follower.end({ reason, retry_ms: Math.round(RETRY_MS.least + Math.random() * (RETRY_MS.most - RETRY_MS.least)) });
    const bound = setTimeout(() => this.followers.forEach((follower) => follower.close()), FAREWELL_MS);
    await this.stopping.promise;
    clearTimeout(bound);
  }
}
