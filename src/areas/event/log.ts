import type { Clock } from '../../kernel/clock';
import type { EventDraft, EventKey, EventRecord, EventService, Published } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import { failpoint } from '../../kernel/failpoint';
import type { Logger } from '../../kernel/log';
import { periodic } from '../../kernel/periodic';
import type { EncodedFrames, Frame } from '../../kernel/stream';
import type { Db } from '../../storage/db';
import { Cursors } from './cursors';
import type { Filter } from './filter';
import { Follower } from './follower';
import { History, type ListPage, type ListQuery } from './history';
import { Hub, type Outgoing, type QueueLimits } from './hub';
import { liveEvent } from './live_event';
import { Recent, type RecentEvents } from './recent';
import { EventKeys } from './keys';
import type { Retained } from './retained';
import { Retainer, type Piece, type Retention } from './retention';
import type { EventFigures, FollowOptions } from './service';
import type { Since } from './since';
import { EventTable, type Edge } from './table';
import { credentialsIn } from './visibility';

/** Read anew at each use, so a changed setting holds at once. */
export interface EventLimits extends QueueLimits, Retention {
  /** How long a publisher's key of an event is remembered. */
  readonly dedup_secs: number;
  /** Topics with a retained event, and cursors of named readers. */
  readonly max_retained: number;
  readonly max_cursors: number;
  /** Whether everybody who listens had to say who it is: credentials are sent to nobody otherwise. */
  readonly authenticated: boolean;
}

const TRIM_EVERY_MS = 1000;
/** How long `stop` waits for streams to take their last frame. */
const FAREWELL_MS = 1000;
/** Clients come back spread over this time after a stop, not all in one instant. */
const RETRY_MS = { least: 500, most: 2500 };

/** The one log of everything that happens: stored first, heard right after, never the other way round. */
export class EventLog implements EventService {
  /** Retention, to be supervised. */
  readonly part = periodic('event_retention', TRIM_EVERY_MS, () => this.trim());
  readonly cursors: Cursors;
  readonly retained: Retained;
  private readonly table: EventTable;
  private readonly hub: Hub;
  private readonly backwards: Recent;
  private readonly keys: EventKeys;
  private readonly retainer: Retainer;
  private readonly history: History;
  private readonly followers = new Set<Follower>();
  /** Events of the transaction under way. */
  private staged: Outgoing[] = [];
  private published = 0;
  private committed: number;
  private trimming = false;
  private stopping: PromiseWithResolvers<void> | null = null;

  constructor(
    private readonly db: Db,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly limits: () => EventLimits,
  ) {
    this.table = new EventTable(db, clock.now(), () => limits().max_retained);
    this.hub = new Hub(limits);
    this.backwards = new Recent(db, this.table);
    this.committed = this.table.last();
    this.retained = this.table.retained;
    this.keys = new EventKeys(db);
    this.cursors = new Cursors(db, this.table, clock, () => limits().max_cursors);
    this.retainer = new Retainer(db, this.table);
    this.history = new History(db, this.table);
    db.onCommit(this.deliver);
    db.onRollback(() => {
      this.staged = [];
    });
    if (this.table.recovery.salvaged) log.warn('events: pages of the log were damaged; it was built anew from the others', { path: db.path });
    for (const { first, last } of this.table.recovery.found)
      log.warn('events: a crash took events; their numbers are not given again', { first, last, events: last - first + 1 });
  }

  async publish(draft: EventDraft, key?: EventKey): Promise<Published> {
    if (credentialsIn(draft.data)) return this.broadcast(draft);
    const data = textOf(draft);
    const ts = this.clock.now();
    if (!key) {
      const { event, delivered } = await this.db.write(() => this.stage(this.table.append(draft, data, ts)), 'normal');
      return { event, delivered, duplicate: false };
    }
    const since = ts - this.limits().dedup_secs * 1000;
    const done = await this.db.write(() => {
      const first = this.keys.first(key, since);
      if (first) return first;
      const outgoing = this.stage(this.table.append(draft, data, ts));
      this.keys.remember(key, outgoing.event.seq, ts);
      return outgoing;
    }, 'normal');
    if ('event' in done) return { event: done.event, delivered: done.delivered, duplicate: false };
    return { event: { ...done, id: this.table.epochs.id(done.seq) }, delivered: 0, duplicate: true };
  }

  async broadcast(draft: EventDraft): Promise<Published> {
    const ts = this.clock.now();
    // It takes part in the group commit only for its place among the events of the same turn.
    const { event, delivered } = await this.db.write(() => this.stage(this.liveOnly(draft, ts)), 'normal');
    return { event, delivered, duplicate: false };
  }

  private liveOnly(draft: EventDraft, ts: number): EventRecord {
    const seq = this.table.last();
    return liveEvent(draft, { seq, id: this.table.epochs.id(seq), ts }, this.limits().authenticated);
  }

  /** Adds an event to the write that is under way, so it is stored exactly when the fact it tells of is. Only inside a write's work. */
  append(draft: EventDraft): EventRecord {
    const ts = this.clock.now();
    const event = credentialsIn(draft.data) ? this.liveOnly(draft, ts) : this.table.append(draft, textOf(draft), ts);
    return this.stage(event).event;
  }

  private stage(event: EventRecord): Outgoing {
    const outgoing = { event, delivered: 0 };
    this.staged.push(outgoing);
    return outgoing;
  }

  private readonly deliver = (): void => {
    const items = this.staged;
    if (items.length === 0) return;
    this.staged = [];
    const newest = items.at(-1)!.event.seq;
    this.published += newest - this.committed;
    this.committed = newest;
    this.table.recovery.committed(newest);
    this.hub.deliver(items);
  };

  follow(
    filter: Filter,
    since: string | Since | null,
    signal: AbortSignal,
    { startsBehind, ...options }: FollowOptions = {},
  ): AsyncGenerator<Frame | EncodedFrames> {
    if (this.stopping) throw new ZdError('shutting_down');
    const from: Since = typeof since === 'string' ? { kind: 'id', text: since } : (since ?? { kind: 'latest', text: 'latest' });
    const follower = new Follower(this.table, this.hub, filter, from, signal, () => this.clock.now(), this.released, options);
    if (!signal.aborted) this.followers.add(follower);
    startsBehind?.(follower.start());
    return follower.frames();
  }

  recent(filter: Filter, limit: number, before: number | null): Promise<RecentEvents> {
    return this.backwards.find(filter, limit, before, this.clock.now());
  }

  private readonly released = (follower: Follower): void => {
    this.followers.delete(follower);
    if (this.followers.size === 0) this.stopping?.resolve();
  };

  /** Open streams. */
  subscriptions(): number {
    return this.followers.size;
  }

  list(query: ListQuery, signal: AbortSignal): Promise<ListPage | null> {
    return this.history.page(query, this.clock.now(), signal);
  }

  figures(): EventFigures {
    const edge = (row: Edge | null) => row && { ...row, id: this.table.epochs.id(row.seq) };
    return {
      ...this.table.kinds.total(),
      kinds: this.table.kinds.figures(),
      oldest: edge(this.table.oldest()),
      newest: edge(this.table.newest()),
      streams: this.followers.size,
      filters: this.hub.size,
      published: this.published,
      ...this.hub.counters,
      ...this.hub.queues(),
      lost: this.table.recovery.lost(),
    };
  }

  /** Applies retention in pieces, one per turn of the event loop, until nothing is over the limits. */
  async trim(): Promise<void> {
    if (this.trimming || this.stopping) return;
    this.trimming = true;
    const now = this.clock.now();
    const { retainer, keys } = this;
    try {
      failpoint('event.trim');
      await this.pieces(() => retainer.expired(now));
      await this.pieces(() => this.retained.outdated(now));
      await this.pieces(() => keys.outdated(now - this.limits().dedup_secs * 1000));
      for (const [kind, bounds] of Object.entries(this.limits().kinds))
        await this.pieces(() => retainer.ofOneKind(kind, { ...this.limits(), ...bounds }, now));
      await this.pieces(() => retainer.ofLog(this.limits(), now));
      if (!this.stopping) await this.table.pruneEpochs();
    } catch (error) {
      if (this.stopping) return;
      this.log.debug('events: retention ended early', { error });
      throw error;
    } finally {
      this.trimming = false;
    }
  }

  private async pieces(next: () => Piece | null): Promise<void> {
    for (let more = true; more && !this.stopping;) {
      const piece = next();
      if (piece?.remove) await this.db.write(piece.remove, 'normal');
      else if (piece) await Bun.sleep(0);
      more = piece?.more ?? false;
    }
  }

  /** Ends every stream with a `shutdown` frame; resolves when they have ended, after a second at the latest. */
  async stop(reason = 'stopping'): Promise<void> {
    if (this.stopping) return this.stopping.promise;
    this.stopping = Promise.withResolvers();
    this.table.recovery.close();
    if (this.followers.size === 0) return this.stopping.resolve();
    for (const follower of this.followers)
      follower.end({ reason, retry_ms: Math.round(RETRY_MS.least + Math.random() * (RETRY_MS.most - RETRY_MS.least)) });
    const bound = setTimeout(() => this.followers.forEach((follower) => follower.close()), FAREWELL_MS);
    await this.stopping.promise;
    clearTimeout(bound);
  }
}

const textOf = (draft: EventDraft): string => draft.json ?? JSON.stringify(draft.data ?? null);
